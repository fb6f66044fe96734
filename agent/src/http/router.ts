import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Route, Routes } from '@sandyard/protocol'
import { isPlatformError, PlatformError, toErrorBody } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { describeIssues } from '@sandyard/protocol/route'
import { answered, type Call, type Handler, type Handlers } from './call.ts'
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

/**
 * Makes a router: matches rows, checks query and body, writes JSON answers and error bodies.
 * A trailing slash is the same path, as clients use both (toolbox.md 7).
 */
export function createRouter(onFault: (fault: unknown, path: string) => void): Router {
  const entries: Entry[] = []
  return {
    add(rows, handlers) {
      for (const [id, route] of Object.entries(rows)) {
        const handler = handlers[id] as unknown as Handler<Route>
        entries.push({ route, handler, segments: route.path.split('/').slice(1) })
      }
      // Literal segments win over parameters: /process/session/entrypoint before /process/session/{sessionId}.
      entries.sort((a, b) => parameterCount(a) - parameterCount(b))
    },
    async answer(request, response) {
      const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
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
  const url = request.url ?? '/'
  if (url.length > limits.urlLength)
    throw new PlatformError('URI_TOO_LONG', `The URL is longer than ${limits.urlLength} characters`)
  const [path = '/', search = ''] = splitOnce(url, '?')
  const { entry, params } = match(entries, request.method ?? 'GET', path)
  const { route } = entry
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const call: Call<Route> = {
    params,
    query: route.query === undefined ? undefined : parse(route.query, readQuery(search), 'query'),
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
export function writeError(thrown: unknown, request: IncomingMessage, response: ServerResponse): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
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
  const segments = path
    .replace(/(?<=.)\/$/, '')
    .split('/')
    .slice(1)
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

function matchSegments(pattern: readonly string[], segments: readonly string[]): Record<string, string> | null {
  if (pattern.length !== segments.length) return null
  const params: Record<string, string> = {}
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? ''
    if (!part.startsWith('{')) {
      if (part !== segment) return null
    } else {
      if (segment === '') return null
      params[part.slice(1, -1)] = decodeSegment(segment)
    }
  }
  return params
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch (cause) {
    throw new PlatformError('BAD_REQUEST', `The path has a broken percent escape: ${segment.slice(0, 100)}`, { cause })
  }
}

function readQuery(search: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {}
  for (const [rawKey, value] of new URLSearchParams(search)) {
    const key = rawKey.replace(/\[\]$/, '')
    const earlier = query[key]
    if (earlier === undefined) query[key] = value
    else query[key] = Array.isArray(earlier) ? [...earlier, value] : [earlier, value]
  }
  return query
}

function parse(schema: NonNullable<Route['query']>, value: unknown, part: 'query' | 'body'): never {
  const result = schema.safeParse(value)
  if (!result.success) {
    const code = part === 'body' ? 'INVALID_REQUEST_BODY' : 'BAD_REQUEST'
    throw new PlatformError(code, `bad request: ${part}: ${describeIssues(result.error)}`)
  }
  // The row's own type is restored by Handlers<Rs>; here all rows look alike.
  return result.data as never
}

function parameterCount(entry: Entry): number {
  return entry.segments.filter((segment) => segment.startsWith('{')).length
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
