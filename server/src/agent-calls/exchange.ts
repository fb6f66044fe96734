import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { PlatformError } from '@sandyard/protocol'

/** Opens a byte stream to the agent. */
export type DialAgent = () => Promise<Duplex>

/** One request to an agent, and how much it may take. */
export interface Exchange {
  readonly method: string
  /** with its query */
  readonly path: string
  /** sent as JSON; absent: none */
  readonly body?: unknown
  readonly deadlineMs: number
  /** most bytes of the answer; of a longer one: see `isCut` */
  readonly mostBytes: number
  /** true: a longer answer is cut; else it is a failure */
  readonly isCut?: boolean
  readonly signal?: AbortSignal | undefined
}

/** Of an answer that is a failure, so much is read, bytes. */
const failureBytes = 64 * 1024

/** What came back; nothing of it is to be believed before it is checked. */
export interface RawAnswer {
  readonly status: number
  readonly body: Buffer
}

/**
 * Sends one request on a connection of its own. The agent lives in the sandbox, where others may have taken its place:
 * its answer is bounded in time and bytes. Throws REQUEST_GATEWAY_TIMEOUT, BAD_GATEWAY, or what the signal says.
 */
export async function exchange(dial: DialAgent, asked: Exchange): Promise<RawAnswer> {
  const { method, path, deadlineMs, mostBytes, signal } = asked
  const deadline = AbortSignal.timeout(deadlineMs)
  const ended = signal === undefined ? deadline : AbortSignal.any([signal, deadline])
  try {
    const stream = await dialWithin(dial, ended)
    try {
      const body = asked.body === undefined ? undefined : Buffer.from(JSON.stringify(asked.body))
      const answer = await send(stream, { method, path, body, signal: ended })
      const status = answer.statusCode ?? 0
      const isFailure = status < 200 || status > 299
      const most = isFailure ? failureBytes : mostBytes
      return { status, body: await collect(answer, most, isFailure || asked.isCut === true) }
    } finally {
      stream.destroy()
    }
  } catch (thrown) {
    signal?.throwIfAborted()
    if (deadline.aborted) {
      throw new PlatformError('REQUEST_GATEWAY_TIMEOUT', `The sandbox did not answer ${shown(path)} in time`)
    }
    if (thrown instanceof PlatformError) throw thrown
    throw new PlatformError('BAD_GATEWAY', `The agent of the sandbox failed at ${shown(path)}`, { cause: thrown })
  }
}

/**
 * The body of an answer as it comes, for what is too large to be held. Throws as `exchange` does, and what `refused` makes
 * of an answer that is a failure.
 */
export async function* download(
  dial: DialAgent,
  asked: Omit<Exchange, 'isCut' | 'body'>,
  refused: (answer: RawAnswer) => Error,
): AsyncGenerator<Buffer, void> {
  const { method, path, deadlineMs, mostBytes, signal } = asked
  const deadline = AbortSignal.timeout(deadlineMs)
  const ended = signal === undefined ? deadline : AbortSignal.any([signal, deadline])
  const stream = await dialWithin(dial, ended)
  try {
    const answer = await send(stream, { method, path, body: undefined, signal: ended })
    const status = answer.statusCode ?? 0
    if (status < 200 || status > 299) throw refused({ status, body: await collect(answer, failureBytes, true) })
    let size = 0
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > mostBytes) throw new PlatformError('BAD_GATEWAY', `The agent sent more than ${mostBytes} bytes`)
      yield chunk
    }
  } catch (thrown) {
    signal?.throwIfAborted()
    if (thrown instanceof PlatformError) throw thrown
    throw new PlatformError('BAD_GATEWAY', `The agent of the sandbox failed at ${shown(path)}`, { cause: thrown })
  } finally {
    stream.destroy()
  }
}

/** Waits for the stream, but not beyond the signal; one that comes later is closed. */
export async function dialWithin(dial: DialAgent, signal: AbortSignal): Promise<Duplex> {
  signal.throwIfAborted()
  const late = Promise.withResolvers<never>()
  const abort = () => late.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  const dialing = dial()
  try {
    const stream = await Promise.race([dialing, late.promise])
    stream.on('error', () => stream.destroy())
    return stream
  } catch (thrown) {
    dialing.then(
      (stream) => stream.destroy(),
      () => undefined,
    )
    throw thrown
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

interface Sent {
  readonly method: string
  readonly path: string
  readonly body: Buffer | undefined
  readonly signal: AbortSignal
}

function send(stream: Duplex, { method, path, body, signal }: Sent): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const headers = {
    host: 'agent',
    ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length }),
  }
  const outgoing = httpRequest({ createConnection: () => stream, method, path, headers, signal }, resolve)
  // An end that comes after the answer is told by the answer.
  outgoing.on('error', reject)
  outgoing.on('upgrade', () => reject(new Error('the agent changed the protocol')))
  outgoing.end(body)
  return promise
}

async function collect(answer: IncomingMessage, mostBytes: number, isCut: boolean): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size <= mostBytes) continue
    if (isCut) break
    throw new PlatformError('BAD_GATEWAY', `The agent of the sandbox answered with more than ${mostBytes} bytes`)
  }
  return Buffer.concat(chunks).subarray(0, mostBytes)
}

function shown(path: string): string {
  return path.replace(/\?.*$/s, '').slice(0, 200)
}
