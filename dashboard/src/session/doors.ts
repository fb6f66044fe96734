import { browserName } from './browser-name.ts'

/** Who is signed in, as the door of sessions answers. */
export interface Session {
  /** bearer of the API; it is held in memory only */
  readonly token: string
  readonly user: {
    readonly id: string
    readonly name: string
    readonly email: string
    readonly role: string
    /** name for the sign-in by password; null: by OIDC */
    readonly login: string | null
  }
}

/** What somebody signs in with: a password, or a token that works once. */
export type Credentials = { readonly login: string; readonly password: string } | { readonly token: string }

/** The door said no; `message` is for people. */
export class SessionRefused extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Where the platform keeps the session of this browser, in a cookie that no script can read. */
const path = '/dashboard/session'

/** The session of the cookie; null when there is none. Throws SessionRefused, or TypeError without an answer. */
export async function resume(): Promise<Session | null> {
  const first = await ask(`${path}/resume`, {})
  if (first.status !== 401) return await read(first)
  // Another tab may have just got a new token, with which this one's cookie has changed too.
  await new Promise((again) => setTimeout(again, 300))
  const second = await ask(`${path}/resume`, {})
  return second.status === 401 ? null : await read(second)
}

/** Signs in. @throws SessionRefused with what was wrong */
export async function signIn(credentials: Credentials): Promise<Session> {
  return await read(await ask(path, credentials))
}

/** Ends the session, here and on the platform. */
export async function signOut(): Promise<void> {
  await ask(`${path}/end`, {})
}

/** Signs in where private previews ask for it; without it they show a form. Resolves to whether it went well. */
export async function signInToPreviews(): Promise<boolean> {
  return (await ask(`${path}/previews`, {}).catch(() => null))?.ok ?? false
}

function ask(url: string, asked: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ ...asked, browser: browserName() })
  return fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(30_000) })
}

async function read(response: Response): Promise<Session> {
  const answer = (await response.json().catch(() => ({}))) as Session & { message?: string | string[] }
  if (response.ok) return answer
  throw new SessionRefused(response.status, [answer.message ?? 'The platform did not answer'].flat().join('; '))
}
