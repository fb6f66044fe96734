import { type WebSocket, WebSocketServer } from 'ws'
import type { Upgrade } from './upgrades.ts'

/** Keeps the way open through proxies, and finds callers that are gone, ms. */
const pingMs = 20_000

/** Clients fail when they offered subprotocols and none is chosen; one that was not offered is as bad (toolbox.md 6.3). */
const protocolOrder = [/^X-Daytona-SDK-Version~/i, /^X-Daytona-Pty-Exit-Control$/i, /^X-Daytona-Pty-Envs~/i]

/**
 * Makes a function that completes upgrades. Its WebSockets are pinged, need no `error` listener, and are closed with
 * 1009 when a message is larger than `maxPayload` bytes.
 */
export function createAcceptor(maxPayload: number): (upgrade: Upgrade<never>) => Promise<WebSocket> {
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload,
    handleProtocols: (offered) => {
      for (const wanted of protocolOrder) for (const token of offered) if (wanted.test(token)) return token
      return false
    },
  })
  return ({ request, socket, head }) =>
    new Promise((resolve) => {
      server.handleUpgrade(request, socket, head, (webSocket) => {
        const ping = setInterval(() => webSocket.ping(), pingMs)
        // It is closing already, with the code that says why: an end at once would overtake that on its way.
        webSocket.on('error', () => {})
        webSocket.once('close', () => clearInterval(ping))
        resolve(webSocket)
      })
    })
}

/** Subprotocols that a caller offers, in its order. */
export function offeredProtocols({ request }: Pick<Upgrade<never>, 'request'>): string[] {
  return (request.headers['sec-websocket-protocol'] ?? '').split(',').map((token) => token.trim())
}

/** Sends one message and settles when it has left, so that nobody is written to faster than they read. */
export function sendMessage(webSocket: WebSocket, data: string | Buffer): Promise<void> {
  return new Promise((resolve) => webSocket.send(data, { binary: typeof data !== 'string' }, () => resolve()))
}
