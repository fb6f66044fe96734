import type { IncomingMessage, ServerResponse } from 'node:http'
import { previewNames } from '@sandyard/protocol'

/** Below it the browser sends the cookie; no other path ever sees it. */
export const sessionPath = '/dashboard/session'
const cookieName = 'sandyard-session'
/** Longest form of a sign-in, bytes. */
const longestBody = 4096
/** A token that ends sooner is replaced when the page asks for it, ms; half of its life. */
const renewMs = 12 * 3600_000
/** life of the sign-in to previews, as of one that was made at their own page, s */
const previewAgeS = 24 * 3600

/** What the door needs. */
export interface SessionDoorParts {
  /** Calls the API as the browser with this address would. */
  callApi(request: Request, remoteAddress: string | undefined): Response | Promise<Response>
  /** the platform's own URL, as browsers may know it beside the Host that they call */
  readonly publicUrl: string
  readonly clock: () => number
}

/** A session as the API answers it. */
interface ApiSession {
  readonly token: string
  readonly expiresAt: string
  readonly endsAt: string
  readonly user: unknown
}

/** What the page asks with. */
type Asked = Readonly<Record<string, unknown>>

/**
 * Keeps the session of a browser. The token lies in a cookie that scripts cannot read and that goes to this door alone;
 * the page asks here for it and holds it in memory. The API takes bearers only, so that no other page can make a browser
 * call it. What changes something here is a POST of JSON from a page of our own origin.
 */
export function createSessionDoor({ callApi, publicUrl, clock }: SessionDoorParts) {
  async function call(
    request: IncomingMessage,
    path: string,
    { token, body, method = 'POST' }: { token?: string; body?: unknown; method?: string },
  ): Promise<Response> {
    const headers = new Headers({ 'content-type': 'application/json', host: request.headers.host ?? 'localhost' })
    for (const name of ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'user-agent']) {
      const value = request.headers[name]
      if (typeof value === 'string') headers.set(name, value)
    }
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
    const init = { method, headers, body: body === undefined ? null : JSON.stringify(body) }
    return await callApi(new Request(`http://localhost/api${path}`, init), request.socket.remoteAddress)
  }

  /** Passes the refusal of the API on as it is, and keeps what it grants for the browser. */
  async function open(
    request: IncomingMessage,
    response: ServerResponse,
    { answer, browser }: { answer: Response; browser: string },
  ): Promise<void> {
    const text = await answer.text()
    if (answer.ok) {
      const { token, expiresAt, endsAt } = JSON.parse(text) as ApiSession
      const ageS = Math.max(0, Math.floor((Date.parse(endsAt) - clock()) / 1000))
      setCookie(request, response, { value: `${token}.${Date.parse(expiresAt)}.${browser}`, ageS })
    }
    send(response, answer.status, text)
  }

  async function signIn(request: IncomingMessage, response: ServerResponse, asked: Asked): Promise<void> {
    const { browser, ...body } = asked
    if (!isBrowser(browser)) {
      refuse(response, 400, 'A sign-in is a JSON object with browser, and with login and password, or with token')
      return
    }
    const path = 'token' in body ? '/auth/token-login' : '/auth/login'
    await open(request, response, { answer: await call(request, path, { body }), browser })
  }

  async function resume(request: IncomingMessage, response: ServerResponse, asked: Asked): Promise<void> {
    const held = readCookie(request, asked)
    if (held === null) refuse(response, 401, 'Nobody is signed in')
    else if (held.expiresAtMs - clock() < renewMs) {
      const answer = await call(request, '/auth/refresh', { token: held.token })
      await open(request, response, { answer, browser: held.browser })
    } else {
      const answer = await call(request, '/users/me', { token: held.token, method: 'GET' })
      const user = await answer.text()
      const expiresAt = new Date(held.expiresAtMs).toISOString()
      if (answer.ok)
        send(response, 200, JSON.stringify({ token: held.token, expiresAt, user: JSON.parse(user) as unknown }))
      else send(response, answer.status, user)
    }
  }

  /**
   * Signs the person in where private previews ask for it, so that their usual links open without a form. It is what that
   * page does after a password: the cookie goes to that path alone, and no preview ever gets it.
   */
  async function signInToPreviews(request: IncomingMessage, response: ServerResponse, asked: Asked): Promise<void> {
    const held = readCookie(request, asked)
    if (held === null) return refuse(response, 401, 'Nobody is signed in')
    setPreviewCookie(request, response, { value: held.token, ageS: previewAgeS })
    response.writeHead(204, { 'cache-control': 'no-store' }).end()
  }

  async function signOut(request: IncomingMessage, response: ServerResponse, asked: Asked): Promise<void> {
    const held = readCookie(request, asked)
    if (held !== null) await call(request, '/auth/logout', { token: held.token, body: {} })
    setCookie(request, response, { value: '', ageS: 0 })
    setPreviewCookie(request, response, { value: '', ageS: 0 })
    response.writeHead(204, { 'cache-control': 'no-store' }).end()
  }

  const doors: Readonly<Record<string, typeof signIn>> = {
    [sessionPath]: signIn,
    [`${sessionPath}/resume`]: resume,
    [`${sessionPath}/previews`]: signInToPreviews,
    [`${sessionPath}/end`]: signOut,
  }

  /** Answers a request below `sessionPath`. */
  return async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const door = doors[request.url ?? '']
    if (door === undefined) refuse(response, 404, 'There is nothing here')
    else if (request.method !== 'POST') refuse(response, 405, 'Only POST is taken here')
    else if (!isOwnPage(request, publicUrl)) refuse(response, 403, 'Only the dashboard itself may ask for its session')
    else {
      const asked = await readJson(request)
      if (asked === null) refuse(response, 400, `A JSON object of at most ${longestBody} bytes is taken here`)
      else await door(request, response, asked)
    }
  }
}

/** True for a script of a page of this very origin: forms and other origins cannot send JSON with an Origin of ours. */
function isOwnPage({ headers }: IncomingMessage, publicUrl: string): boolean {
  const { origin = '', host = '' } = headers
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') return false
  if (!/^application\/json *(;|$)/i.test(headers['content-type'] ?? '') || !URL.canParse(origin)) return false
  return new URL(origin).host === host.toLowerCase() || new URL(origin).origin === new URL(publicUrl).origin
}

interface Held {
  readonly token: string
  readonly expiresAtMs: number
  readonly browser: string
}

/**
 * The cookie that was made for the browser that asks. A neighbouring host of the same domain, such as a preview, can add
 * cookies of the name, with sessions of its own or of nobody; what the browser calls itself lies where only pages of our
 * origin read it, so that such a cookie neither signs people in as somebody else nor signs them out.
 */
function readCookie({ headers }: IncomingMessage, { browser }: Asked): Held | null {
  if (!isBrowser(browser)) return null
  for (const pair of (headers.cookie ?? '').split(/; */)) {
    if (!pair.startsWith(`${cookieName}=`)) continue
    const [, token, time, of] = /=(ses_[0-9a-f]{64})\.([0-9]{1,15})\.([0-9a-f]{32})$/.exec(pair) ?? []
    if (token !== undefined && of === browser) return { token, expiresAtMs: Number(time), browser }
  }
  return null
}

/** True for what a browser calls itself: a number that its page has drawn by lot. */
function isBrowser(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{32}$/.test(value)
}

interface Cookie {
  readonly value: string
  readonly ageS: number
}

function setCookie(request: IncomingMessage, response: ServerResponse, { value, ageS }: Cookie): void {
  const attributes = `Path=${sessionPath}; Max-Age=${ageS}; HttpOnly; SameSite=Strict${secureOf(request)}`
  response.appendHeader('set-cookie', `${cookieName}=${value}; ${attributes}`)
}

/** Previews send people there from other hosts: `Strict` would keep it back. */
function setPreviewCookie(request: IncomingMessage, response: ServerResponse, { value, ageS }: Cookie): void {
  const attributes = `Path=${previewNames.signInPath}; Max-Age=${ageS}; HttpOnly; SameSite=Lax${secureOf(request)}`
  response.appendHeader('set-cookie', `${previewNames.sessionCookie}=${value}; ${attributes}`)
}

function secureOf({ headers }: IncomingMessage): string {
  return headers.origin?.startsWith('https:') === true ? '; Secure' : ''
}

/** A JSON object of at most `longestBody`; null for anything else. */
async function readJson(request: IncomingMessage): Promise<Record<string, unknown> | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > longestBody) return null
    chunks.push(chunk)
  }
  try {
    const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    return isObject ? (parsed as Record<string, unknown>) : null
  } catch {
    return null // it is no JSON
  }
}

function refuse(response: ServerResponse, statusCode: number, message: string): void {
  send(response, statusCode, JSON.stringify({ statusCode, message }))
}

function send(response: ServerResponse, status: number, json: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 413 || status === 400 ? { connection: 'close' } : {}),
  })
  response.end(json)
}
