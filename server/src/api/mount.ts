import { randomUUID } from 'node:crypto'
import {
  describeIssues,
  isPlatformError,
  limits,
  PlatformError,
  type Redirect,
  type Route,
  type Routes,
  toErrorBody,
} from '@sandyard/protocol'
import { type Context, Hono } from 'hono'
import { admit } from '../auth/admit.ts'
import type { Authenticate } from '../auth/authenticate.ts'
import type { Principal } from '../auth/principal.ts'
import type { Log } from '../log.ts'
import { type Site, siteOf, siteUrl } from '../previews/site.ts'
import type { AddressOf, Connection } from './address.ts'
import { basePath } from './base-path.ts'
import type { Answer, Answers } from './call.ts'
import { openApiOf } from './openapi.ts'
import { readBytes, readJson } from './read-json.ts'
import type { CallWatcher, Outcome, WatchedCall } from './watch.ts'

/** Where the OpenAPI document is. */
const documentPath = '/api-json'

/** Who was let in is looked at again when the body came later than this, ms. */
const staleMs = 500

/** What the edge needs. */
interface Parts {
  readonly authenticate: Authenticate
  readonly home: Site
  readonly version: string
  readonly log: Log
  readonly addressOf: AddressOf
  /** told of each call, in this order */
  readonly watchers: readonly CallWatcher[]
}

/** Rows with their answers, bound to requests. */
export interface Api {
  add<Rs extends Routes>(rows: Rs, answers: Answers<Rs>): void
  /** A page or file beside the calls, at this path. */
  page(path: string, answer: (request: Request) => Promise<Response>): void
  /** `connection` is what the listener of `node:http` passes along. */
  fetch(request: Request, connection?: Connection): Promise<Response>
  /** all rows by operation id */
  readonly rows: Routes
}

/** Makes the HTTP edge: it matches rows, finds out who calls, checks input and turns errors into their wire form. */
export function createApi(parts: Parts): Api {
  const app = new Hono<{ Variables: { requestId: string; shownPath?: string } }>({ strict: false })
  const mounted: Record<string, Route> = {}

  app.use(async (context, next) => {
    const startedAt = performance.now()
    const requestId = randomUUID()
    context.set('requestId', requestId)
    context.header('X-Daytona-Api-Version', parts.version)
    checkPath(context.req.raw.url)
    await next()
    const { status } = context.res
    const { method } = context.req
    const path = context.get('shownPath') ?? context.req.path
    if (method === 'GET' && status < 400) return
    parts.log.info({ requestId, method, path, status, ms: Math.round(performance.now() - startedAt) }, 'request')
  })
  app.onError((thrown, context) => {
    const requestId = context.get('requestId')
    const { method, path } = context.req
    const shown = context.get('shownPath') ?? path
    if (!isPlatformError(thrown)) {
      parts.log.error({ error: thrown, requestId, method, path: shown }, 'a request failed')
    }
    const body = toErrorBody(thrown, { source: 'DAYTONA_API', method, path: path.slice(0, 500), requestId })
    context.header('X-Daytona-Api-Version', parts.version)
    return Response.json(body, { status: body.statusCode, headers: context.res.headers })
  })
  app.notFound((context) => {
    const { method, path } = context.req
    if (Object.values(mounted).some((route) => matches(route, path))) {
      throw new PlatformError('METHOD_NOT_ALLOWED', `${path.slice(0, 200)} does not take ${method}`)
    }
    throw new PlatformError('NOT_FOUND', `There is no call ${method} ${path.slice(0, 200)}`)
  })

  let document: ReturnType<typeof openApiOf> | undefined
  app.get(documentPath, (context) => {
    document ??= openApiOf(mounted, parts.version)
    return context.json(document)
  })

  async function call(context: Context, id: string, route: Route, answer: Answer<Route>): Promise<Response> {
    context.set('shownPath', shownPath(context.req.path, route))
    const request = context.req.raw
    const params = context.req.param() as Record<string, string>
    const headers = new Headers()
    const startedAt = performance.now()
    const address = parts.addressOf(request, context.env as Connection | undefined)
    let watched: WatchedCall = { id, route, request, params, address, principal: null, body: undefined, headers }
    let output: unknown
    try {
      for (const watcher of parts.watchers) watcher.arrive?.(watched)
      const known = (caller: Principal) => {
        watched = { ...watched, principal: caller }
      }
      const visit = { route, request, params, known }
      const admitted = await admit(parts.authenticate, visit)
      for (const watcher of parts.watchers) await watcher.admit?.(watched)
      const beganAt = performance.now()
      const query = route.query === undefined ? undefined : parse(route.query, readQuery(request.url), 'query')
      const body = await readInput(request, route)
      // Whoever took long to say it may do less by now.
      const isStale = performance.now() - beganAt > staleMs
      const principal = isStale ? await admit(parts.authenticate, visit) : admitted
      // Bytes say nothing to watchers.
      if (route.isRawBody !== true) watched = { ...watched, body }
      const input = {
        params,
        query: query as never,
        body: body as never,
        // Rows say whether there is a principal; Answers<Rs> restores that, as it does for query and body.
        principal: principal as never,
        site: siteOf(hostOf(request), parts.home),
        address,
        request,
        headers,
      }
      output = await answer(input)
    } catch (error) {
      await end({ status: isPlatformError(error) ? error.status : 500, error }).catch((fault: unknown) =>
        parts.log.error({ error: fault, id }, 'a call that failed could not be noted'),
      )
      if (isPlatformError(error) && isForPerson(route, request)) {
        const site = siteOf(hostOf(request), parts.home)
        return redirect(context, { location: `${siteUrl(site)}/#sign-in-fault=${error.code}` })
      }
      throw error
    }
    await end({ status: route.status, output })
    if (route.isRedirect === true) return redirect(context, output as Redirect)
    if (route.isStream === true) return stream(context, route, output as ReadableStream)
    return route.response === undefined
      ? context.body(null, route.status as 204)
      : context.json(output as object, route.status as 200)

    async function end(outcome: Omit<Outcome, 'ms'>): Promise<void> {
      for (const [name, value] of headers) context.header(name, value)
      const ms = performance.now() - startedAt
      for (const watcher of parts.watchers) await watcher.ended?.(watched, { ...outcome, ms })
    }
  }

  return {
    page(path, answer) {
      app.get(path, (context) => answer(context.req.raw))
    },
    add(rows, answers) {
      for (const [id, route] of Object.entries(rows)) {
        mounted[id] = route
        const path = `${basePath}${route.path.replaceAll(/\{(\w+)\}/g, ':$1')}`
        app.on(route.method, path, (context) => call(context, id, route, answers[id] as unknown as Answer<Route>))
      }
    },
    fetch: async (request, connection) => app.fetch(request, connection),
    rows: mounted,
  }
}

/** True where a person's browser is on its way to somewhere: the sign-in page tells what is wrong, in words. */
function isForPerson(route: Route, request: Request): boolean {
  return route.isRedirect === true && (request.headers.get('accept') ?? '').includes('text/html')
}

function redirect(context: Context, { location, cookie }: Redirect): Response {
  context.header('cache-control', 'no-store')
  if (cookie !== undefined) context.header('set-cookie', cookie)
  return context.redirect(location, 302)
}

/** Text that goes out as it comes. */
function stream(context: Context, route: Route, body: ReadableStream): Response {
  context.header('content-type', 'application/octet-stream')
  context.header('cache-control', 'no-store')
  context.header('x-content-type-options', 'nosniff')
  return context.body(body, route.status as 200)
}

function checkPath(url: string): void {
  if (url.length > limits.urlLength + 300) {
    throw new PlatformError('URI_TOO_LONG', `The URL is longer than ${limits.urlLength} characters`)
  }
  try {
    decodeURIComponent(new URL(url).pathname)
  } catch (cause) {
    throw new PlatformError('BAD_REQUEST', 'The path has a broken percent escape', { cause })
  }
}

function hostOf(request: Request): { host: string; forwardedProto?: string | undefined } {
  const isTls = new URL(request.url).protocol === 'https:'
  const forwardedProto = request.headers.get('x-forwarded-proto') ?? (isTls ? 'https' : undefined)
  return { host: request.headers.get('host') ?? new URL(request.url).host, forwardedProto }
}

/** Repeated keys become an array, with or without `[]` behind the name (api.md 3.8). */
function readQuery(url: string): Record<string, string | string[]> {
  const query = new Map<string, string | string[]>()
  for (const [rawKey, value] of new URL(url).searchParams) {
    const key = rawKey.replace(/\[\]$/, '')
    const earlier = query.get(key)
    query.set(key, earlier === undefined ? value : [...(Array.isArray(earlier) ? earlier : [earlier]), value])
  }
  return Object.fromEntries(query)
}

/** The body as the row's answer takes it. */
async function readInput(request: Request, route: Route): Promise<unknown> {
  const { access, isBodyOptional, isRawBody, body } = route
  if (isRawBody === true) return readBytes(request, { most: limits.gitHookBytes, withinMs: limits.gitHookMs })
  if (body === undefined) return undefined
  const most = access === 'public' ? limits.publicBodyBytes : limits.apiBodyBytes
  return parse(body, await readJson(request, { isOptional: isBodyOptional === true, most }), 'body')
}

function parse(schema: NonNullable<Route['query']>, value: unknown, part: 'query' | 'body'): never {
  const result = schema.safeParse(value)
  if (!result.success) {
    const code = part === 'body' ? 'INVALID_REQUEST_BODY' : 'BAD_REQUEST'
    throw new PlatformError(code, describeIssues(result.error))
  }
  // The row's own type is restored by Answers<Rs>; here all rows look alike.
  return result.data as never
}

/** The path of a call for the log, without a token that stands in it. */
function shownPath(path: string, route: Route): string {
  const names = `${basePath}${route.path}`.split('/')
  const segments = path.split('/').map((segment, at) => (names[at] === '{token}' ? '***' : segment))
  return segments.join('/')
}

function matches(route: Route, path: string): boolean {
  const pattern = `${basePath}${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}`
  return new RegExp(`^${pattern}/?$`).test(path)
}
