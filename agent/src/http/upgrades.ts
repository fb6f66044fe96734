import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { isPlatformError, PlatformError, toErrorBody } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'

/** A request to turn the connection into a WebSocket. */
export interface Upgrade {
  /** values of the `{name}` segments, decoded */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
}

/** Takes the connection over; what it throws before that is answered as plain HTTP. */
export type UpgradeHandler = (upgrade: Upgrade) => Promise<void>

/** Answers upgrade requests by path. */
export interface Upgrades {
  add(path: `/${string}`, handler: UpgradeHandler): void
  answer(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>
}

/** Makes the list of paths that take WebSockets; one added earlier wins. */
export function createUpgrades(onFault: (fault: unknown, path: string) => void): Upgrades {
  const entries: { readonly pattern: RegExp; readonly handler: UpgradeHandler }[] = []
  return {
    add(path, handler) {
      entries.push({ pattern: new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}/?$`), handler })
    },
    async answer(request, socket, head) {
      socket.on('error', () => socket.destroy()) // a caller that goes away early ends here
      const url = request.url ?? '/'
      const path = url.split('?', 1)[0] ?? '/'
      try {
        if (url.length > limits.urlLength) throw new PlatformError('URI_TOO_LONG', 'The URL is too long')
        if (request.method !== 'GET' || request.headers.upgrade?.toLowerCase() !== 'websocket') {
          throw new PlatformError('BAD_REQUEST', 'Only WebSocket upgrades are known')
        }
        for (const { pattern, handler } of entries) {
          const matched = pattern.exec(path)
          if (matched === null) continue
          const query = new URLSearchParams(url.slice(path.length + 1))
          return await handler({ params: decode(matched.groups ?? {}), query, request, socket, head })
        }
        throw new PlatformError('NOT_FOUND', `There is no WebSocket at ${path.slice(0, 200)}`)
      } catch (thrown) {
        if (!isPlatformError(thrown)) onFault(thrown, path)
        refuse(socket, thrown, request.method ?? 'GET', path)
      }
    },
  }
}

/** Answers plain HTTP with the error body on a connection that left the HTTP server, and ends it. */
export function refuse(socket: Duplex, thrown: unknown, method: string, path: string): void {
  const body = toErrorBody(thrown, { source: 'DAYTONA_DAEMON', method, path })
  const text = JSON.stringify(body)
  socket.end(
    `HTTP/1.1 ${body.statusCode} ${body.error}\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
  )
}

function decode(groups: Readonly<Record<string, string>>): Record<string, string> {
  try {
    return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]))
  } catch (cause) {
    throw new PlatformError('BAD_REQUEST', 'The path has a broken percent escape', { cause })
  }
}
