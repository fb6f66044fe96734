import { PlatformError } from '@sandyard/protocol/errors'
import { WebSocket, WebSocketServer } from 'ws'
import type { Upgrade } from '../http/upgrades.ts'
import { readLog } from './answer-log.ts'
import { readClientVersion } from './client-version.ts'
import type { SessionCommand } from './command.ts'

/** Keeps the way open through proxies, and finds callers that are gone, ms. */
const pingMs = 20_000

/** Callers have nothing to say here, bytes. */
const maxPayload = 64 * 1024

/** Clients fail when they offered subprotocols and none is chosen; one that was not offered is as bad (6.3). */
const protocolOrder = [/^X-Daytona-SDK-Version~/i, /^X-Daytona-Pty-Exit-Control$/i, /^X-Daytona-Pty-Envs~/i]

const server = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  maxPayload,
  handleProtocols: (offered) => {
    for (const wanted of protocolOrder) for (const token of offered) if (wanted.test(token)) return token
    return false
  },
})

/**
 * Streams a log over a WebSocket: binary frames from byte `offset` on (0 if not told), to the end of the command
 * with `follow=true`, else to what is there; then closes with 1000, or 1011 when the log cannot be read.
 */
export function streamLog(command: SessionCommand, { query, request, socket, head }: Upgrade): Promise<void> {
  const offset = readOffset(query.get('offset'))
  const isFollowing = query.get('follow') === 'true'
  const { form } = readClientVersion(request)
  return new Promise((resolve) => {
    server.handleUpgrade(request, socket, head, (webSocket) => {
      const gone = new AbortController()
      const ping = setInterval(() => webSocket.ping(), pingMs)
      webSocket.on('error', () => webSocket.terminate())
      webSocket.once('close', () => {
        clearInterval(ping)
        gone.abort()
        resolve()
      })
      const chunks = readLog(command, form, isFollowing ? gone.signal : null, offset)
      void sendAll(webSocket, chunks)
    })
  })
}

async function sendAll(webSocket: WebSocket, chunks: AsyncIterable<Buffer>): Promise<void> {
  try {
    for await (const chunk of chunks) {
      if (webSocket.readyState !== WebSocket.OPEN) return
      // Settles when the bytes have left: a slow caller is read for no faster than it takes.
      await new Promise<void>((resolve) => webSocket.send(chunk, { binary: true }, () => resolve()))
    }
    webSocket.close(1000)
  } catch {
    webSocket.close(1011, 'The log could not be read')
  }
}

function readOffset(text: string | null): number {
  if (text === null) return 0
  if (!/^\d{1,15}$/.test(text)) throw new PlatformError('BAD_REQUEST', 'bad request: offset must be a whole number')
  return Number(text)
}
