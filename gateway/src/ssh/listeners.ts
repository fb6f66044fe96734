import type { Duplex } from 'node:stream'
import { type Arrival, FrameReader, type Listening, limits, outward } from '@sandyard/protocol'
import type { Attach } from './attachment.ts'

/** A listener inside a sandbox. */
export interface InsideListener {
  readonly listening: Listening
  close(): void
}

/** Opens a listener inside and tells who comes, until it is closed. */
export async function listenInside(
  attach: Attach,
  query: Readonly<Record<string, string | number>>,
  onArrival: (arrival: Arrival) => void,
): Promise<InsideListener> {
  const stream = await attach('listen', query)
  const { promise, resolve, reject } = Promise.withResolvers<Listening>()
  const timer = setTimeout(() => stream.destroy(), limits.attachMs)
  stream.on('error', () => stream.destroy())
  stream.once('close', () => reject(new Error('The sandbox does not listen')))
  stream.once('end', () => stream.destroy())
  const reader = new FrameReader((kind, body) => {
    const told: unknown = JSON.parse(body.toString('utf8'))
    if (kind === outward.listening) resolve(readListening(told))
    else if (kind === outward.arrival) onArrival(readArrival(told))
    else throw new RangeError(`a frame of kind ${kind}`)
  })
  stream.on('data', (bytes: Buffer) => readSafely(reader, bytes, stream))
  try {
    return { listening: await promise, close: () => void stream.destroy() }
  } finally {
    clearTimeout(timer)
  }
}

/** What makes no sense ends the connection to whoever said it. */
function readSafely(reader: FrameReader, bytes: Buffer, stream: Duplex): void {
  try {
    reader.push(bytes)
  } catch {
    stream.destroy()
  }
}

function readListening(told: unknown): Listening {
  const { port, path } = (told ?? {}) as { port?: unknown; path?: unknown }
  if (Number.isInteger(port) && Number(port) > 0 && Number(port) <= 65_535) return { port: Number(port) }
  if (typeof path === 'string' && path.startsWith('/') && path.length <= limits.pathBytes) return { path }
  throw new RangeError('a listener nowhere')
}

function readArrival(told: unknown): Arrival {
  const { id, host, port } = (told ?? {}) as { id?: unknown; host?: unknown; port?: unknown }
  if (typeof id !== 'string' || id.length > 100) throw new RangeError('an arrival without a name')
  const from = typeof host === 'string' && /^[0-9a-fA-F.:]{0,45}$/.test(host) ? host : ''
  return { id, host: from, port: Number.isInteger(port) && Number(port) <= 65_535 ? Math.max(0, Number(port)) : 0 }
}
