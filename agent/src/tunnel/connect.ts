import type { IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { isPlatformError, PlatformError } from '@sandyard/protocol/errors'
import { parsePort } from '@sandyard/protocol/ids'
import { refuse } from '../http/upgrades.ts'

/** A listener with a full queue lets us wait no longer than this, ms. */
const connectTimeoutMs = 10_000

/** Opens a byte stream to a port inside the sandbox: `CONNECT 127.0.0.1:<port>`. Only loopback can be reached. */
export async function answerConnect(request: IncomingMessage, caller: Duplex, head: Buffer): Promise<void> {
  caller.on('error', () => caller.destroy()) // a caller that goes away takes its stream along
  const target = request.url ?? ''
  try {
    const port = readTarget(target)
    const server = await connectLoopback(port)
    if (caller.destroyed) {
      server.destroy()
      return
    }
    join(caller, server, head)
  } catch (thrown) {
    const known = isPlatformError(thrown) ? thrown : new PlatformError('BAD_GATEWAY', String(thrown))
    refuse(caller, known, 'CONNECT', target.slice(0, 200))
  }
}

function readTarget(target: string): number {
  const match = /^(?:127\.0\.0\.1|localhost|\[::1\]):(\d+)$/.exec(target)
  const port = match === null ? null : parsePort(match[1] ?? '')
  if (port === null) throw new PlatformError('BAD_REQUEST', 'bad request: the target must be 127.0.0.1:<port>')
  return port
}

async function connectLoopback(port: number): Promise<Socket> {
  try {
    return await open('127.0.0.1', port)
  } catch {
    // Some servers listen on IPv6 only.
    return await open('::1', port).catch((cause: NodeJS.ErrnoException) => {
      throw new PlatformError('BAD_GATEWAY', `Nothing answers on port ${port} of the sandbox (${cause.code})`, {
        cause,
      })
    })
  }
}

function open(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true })
    socket.setTimeout(connectTimeoutMs, () =>
      socket.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })),
    )
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.setTimeout(0)
      socket.off('error', reject)
      resolve(socket)
    })
  })
}

/** Each side's end is told to the other; a break of one breaks the other. */
function join(caller: Duplex, server: Socket, head: Buffer): void {
  server.on('error', () => caller.destroy())
  server.once('close', (hadError) => {
    if (hadError || !server.readableEnded) caller.destroy()
  })
  caller.once('close', () => server.destroy())
  caller.write('HTTP/1.1 200 OK\r\n\r\n')
  if (head.length > 0) server.write(head)
  caller.pipe(server)
  server.pipe(caller)
}
