import { type Credentials, resume, type Session, SessionRefused, signIn, signOut } from './doors.ts'

/** How it stands with the session of this page. */
export type SessionState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'unreachable' }
  /** `fault`: why a link did not sign in; `hasEnded`: while the page was in use */
  | { readonly kind: 'out'; readonly fault: string | null; readonly hasEnded: boolean }
  /** `mayChoosePassword`: signed in by a link just now, so that one can be chosen without the old one */
  | { readonly kind: 'in'; readonly session: Session; readonly mayChoosePassword: boolean }

/** A link that signs in once. */
export interface LoginLink {
  readonly token: string
  readonly mayChoosePassword: boolean
}

/** Keeps the session: asks for it, renews it when a call says that it has ended, and tells the page. */
export interface SessionKeeper {
  state(): SessionState
  subscribe(listener: () => void): () => void
  /** Finds out who is signed in; a link takes the place of whoever was. `fault`: why an earlier try went wrong. */
  begin(link: LoginLink | null, fault?: string | null): Promise<void>
  signIn(credentials: Credentials): Promise<void>
  signOut(): Promise<void>
  /** A password was chosen. */
  settle(): void
  /** A bearer that may work again after one did not; null: signed out. */
  renew(failed: string): Promise<string | null>
  /** `fetch` with the bearer of now, which is renewed once when it is refused. */
  readonly fetch: typeof fetch
}

/** Makes a keeper; it asks nothing before `begin`. */
export function createSessionKeeper(): SessionKeeper {
  let state: SessionState = { kind: 'loading' }
  let renewing: Promise<string | null> | null = null
  const listeners = new Set<() => void>()

  function become(next: SessionState): void {
    state = next
    for (const listener of listeners) listener()
  }

  async function resumeNow(fault: string | null): Promise<void> {
    try {
      const session = await resume()
      become(
        session === null ? { kind: 'out', fault, hasEnded: false } : { kind: 'in', session, mayChoosePassword: false },
      )
    } catch {
      become({ kind: 'unreachable' }) // no answer, or none of the door's
    }
  }

  function token(): string | null {
    return state.kind === 'in' ? state.session.token : null
  }

  async function renewNow(): Promise<string | null> {
    const session = await resume().catch((error: unknown) => {
      if (error instanceof SessionRefused && error.status < 500) return null
      throw error
    })
    if (session === null) become({ kind: 'out', fault: null, hasEnded: state.kind === 'in' })
    else if (state.kind === 'in') become({ ...state, session })
    return session?.token ?? null
  }

  async function renew(failed: string): Promise<string | null> {
    if (token() !== failed) return token()
    renewing ??= renewNow().finally(() => {
      renewing = null
    })
    return await renewing
  }

  async function send(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
    const sent = token() ?? ''
    const response = await fetch(input, withBearer(init, sent))
    if (response.status !== 401 || init.body instanceof ReadableStream) return response
    const fresh = await renew(sent)
    return fresh === null || fresh === sent ? response : await fetch(input, withBearer(init, fresh))
  }

  return {
    state: () => state,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async begin(link, fault = null) {
      if (link === null) return await resumeNow(fault)
      try {
        become({ kind: 'in', session: await signIn({ token: link.token }), mayChoosePassword: link.mayChoosePassword })
      } catch (error) {
        // A link that was opened twice does not sign out who is signed in.
        await resumeNow(error instanceof SessionRefused ? error.message : null)
      }
    },
    async signIn(credentials) {
      become({ kind: 'in', session: await signIn(credentials), mayChoosePassword: false })
    },
    async signOut() {
      await signOut()
      become({ kind: 'out', fault: null, hasEnded: false })
    },
    settle() {
      if (state.kind === 'in') become({ ...state, mayChoosePassword: false })
    },
    renew,
    fetch: send,
  }
}

function withBearer(init: RequestInit, bearer: string): RequestInit {
  const headers = new Headers(init.headers)
  headers.set('authorization', `Bearer ${bearer}`)
  return { ...init, headers }
}
