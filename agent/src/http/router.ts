import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Route, Routes } from '@sandyard/protocol'
import { isPlatformError, PlatformError, toErrorBody } from '@sandyard/protocol/errors'
import { answered, type Call, type Handler, type Handlers } from './call.ts'
import { matchSegments, parameterCount, parse, parseQuery, readTarget, segmentsOf, shownPath } from './match.ts'
import { readJson } from './read-json.ts'

/** A row with its handler, ready to match. */
interface Entry {
  readonly route: Route
  readonly handler: Handler<Route>
  readonly segments: readonly string[]
}

/** Answers requests by the rows it was given. */
export interface Router {
  add<Rs extends Routes>(rows: Rs, handlers: Handlers<Rs>): void
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>
}

/** Makes a router: matches rows, checks query and body, writes JSON answers and error bodies. */
export function createRouter(onFault: (fault: unknown, path: string) => void): Router {
  const entries: Entry[] = []
  return {
    add(rows, handlers) {
      for (const [id, route] of Object.entries(rows)) {
        const handler = route.isWebSocket ? refusePlain : (handlers[id as keyof typeof handlers] as Handler<Route>)
        entries.push({ route, handler, segments: segmentsOf(route.path) })
      }
      entries.sort((a, b) => parameterCount(a.segments) - parameterCount(b.segments))
    },
    async answer(request, response) {
      const path = shownPath(request)
      try {
        await dispatch(entries, request, response)
      } catch (thrown) {
        if (!isPlatformError(thrown)) onFault(thrown, path)
        writeError(thrown, request, response)
      }
    },
  }
}

async function dispatch(entries: readonly Entry[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { path, search } = readTarget(request.url ?? '/')
  const { entry, params } = match(entries, request.method ?? 'GET', path)
  const { route } = entry
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const call: Call<Route> = {
    params,
    query: parseQuery(route, search),
    body: route.body === undefined ? undefined : parse(route.body, await readJson(request, route), 'body'),
    request,
    response,
    signal: gone.signal,
  }
  const output = await entry.handler(call)
  if (output === answered) return
  if (route.response === undefined) response.writeHead(route.status).end()
  else writeJson(response, route.status, output)
}

/** Writes a JSON answer. */
export function writeJson(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value)
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

/** Writes the error body, or cuts the connection when the answer has begun. */
function writeError(thrown: unknown, request: IncomingMessage, response: ServerResponse): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const path = shownPath(request)
  const body = toErrorBody(thrown, { source: 'DAYTONA_DAEMON', method: request.method ?? 'GET', path })
  // What was not read of the request would be taken for the next one.
  if (!request.complete) response.setHeader('connection', 'close')
  writeJson(response, body.statusCode, body)
  request.resume()
}

function match(
  entries: readonly Entry[],
  method: string,
  path: string,
): { entry: Entry; params: Record<string, string> } {
  const segments = segmentsOf(path)
  let isKnown = false
  for (const entry of entries) {
    const params = matchSegments(entry.segments, segments)
    if (params === null) continue
    if (entry.route.method === method) return { entry, params }
    isKnown = true
  }
  if (isKnown) throw new PlatformError('METHOD_NOT_ALLOWED', `${path} does not take ${method}`)
  throw new PlatformError('NOT_FOUND', `There is no call ${method} ${path.slice(0, 200)}`)
}

/** Answers a plain request for a WebSocket. */
async function refusePlain({ request }: Call<Route>): Promise<never> {
  throw new PlatformError('BAD_REQUEST', `bad request: ${shownPath(request)} is a WebSocket: ask for an upgrade`)
}
