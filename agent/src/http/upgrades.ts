import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Route, RouteInput } from '@sandyard/protocol'
import { isPlatformError, PlatformError, toErrorBody } from '@sandyard/protocol/errors'
import { matchSegments, parameterCount, parseQuery, readTarget, segmentsOf, shownPath } from './match.ts'

/** A request for a row to turn the connection into a WebSocket, its query checked. */
export interface Upgrade<R extends Route = Route> extends Omit<RouteInput<R>, 'body'> {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
}

/** Takes the connection over; what it throws before that is answered as plain HTTP. */
export type UpgradeHandler<R extends Route> = (upgrade: Upgrade<R>) => Promise<void>

/** Answers upgrade requests by the rows it was given. */
export interface Upgrades {
  add<R extends Route>(row: R, handler: UpgradeHandler<R>): void
  answer(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>
}

interface Entry {
  readonly route: Route
  readonly segments: readonly string[]
  readonly handler: UpgradeHandler<Route>
}

/** Makes the list of rows that take WebSockets. */
export function createUpgrades(onFault: (fault: unknown, path: string) => void): Upgrades {
  const entries: Entry[] = []
  return {
    add(row, handler) {
      const entry = { route: row, segments: segmentsOf(row.path), handler: handler as unknown as UpgradeHandler<Route> }
      entries.push(entry)
      entries.sort((a, b) => parameterCount(a.segments) - parameterCount(b.segments))
    },
    async answer(request, socket, head) {
      socket.on('error', () => socket.destroy()) // a caller that goes away early ends here
      try {
        if (request.method !== 'GET' || request.headers.upgrade?.toLowerCase() !== 'websocket') {
          throw new PlatformError('BAD_REQUEST', 'Only WebSocket upgrades are known')
        }
        const { path, search } = readTarget(request.url ?? '/')
        for (const { route, segments, handler } of entries) {
          const params = matchSegments(segments, segmentsOf(path))
          if (params === null) continue
          return await handler({ params, query: parseQuery(route, search), request, socket, head })
        }
        throw new PlatformError('NOT_FOUND', `There is no WebSocket at ${path.slice(0, 200)}`)
      } catch (thrown) {
        if (!isPlatformError(thrown)) onFault(thrown, shownPath(request))
        refuse(socket, thrown, request.method ?? 'GET', shownPath(request))
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
