import { isPlatformError, isUuid, PlatformError, type SignInAnswer, type SignInRequest } from '@sandyard/protocol'
import type { SignIn } from '../auth/sign-in.ts'
import type { Servings } from '../environments/serving.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import type { Store } from '../store/store.ts'

/** What it needs. */
interface Parts {
  readonly signIn: Pick<SignIn, 'authenticate' | 'login' | 'sessions'>
  readonly sandboxes: Pick<Store['sandboxes'], 'byId'>
  readonly servings: Pick<Servings, 'find'>
}

const notAllowed = 'This account may not open that preview'

/**
 * Makes what lets people in to private previews: those who belong to the sandbox's organization, as with a key. They get
 * the sandbox's preview token, which they could read by the API too; it ends with the next start.
 */
export function createPreviewSignIn({
  signIn,
  sandboxes,
  servings,
}: Parts): (request: SignInRequest) => Promise<SignInAnswer> {
  const { authenticate, login, sessions } = signIn

  async function sessionOf(by: SignInRequest['by']): Promise<string> {
    if (by.kind === 'session') return by.session
    if (by.kind === 'login-token') return (await sessions.takeLoginToken(by.token)).token
    const user = await login.byPassword({ login: by.login, password: by.password }, by.address)
    return (await sessions.open(user.id, 'password')).token
  }

  /** By its own id, or by that of the environment that it serves. */
  async function find(label: string): Promise<SandboxRecord | undefined> {
    if (!isUuid(label)) return undefined
    const own = await sandboxes.byId(label)
    const serving = own === undefined ? await servings.find(label) : null
    return serving === null ? own : sandboxes.byId(serving.sandboxId)
  }

  return async ({ label, by }) => {
    const sandbox = await find(label)
    try {
      const session = await sessionOf(by)
      const caller = await authenticate(session, sandbox?.organizationId ?? null)
      if (caller === null) throw new PlatformError('UNAUTHORIZED', 'Sign in to go on')
      const isOurs = sandbox !== undefined && sandbox.state !== 'destroyed'
      const mayEnter = isOurs && caller.organizationId === sandbox.organizationId && caller.suspension === null
      return mayEnter
        ? { kind: 'granted', session, previewToken: sandbox.previewToken }
        : { kind: 'denied', reason: notAllowed }
    } catch (error) {
      if (!isPlatformError(error)) throw error
      return { kind: 'denied', reason: messages[error.code] ?? error.message }
    }
  }
}

/** What a person reads instead of the words for programs. */
const messages: Readonly<Record<string, string>> = {
  TOO_MANY_REQUESTS: 'Too many tries: wait a little',
  UNAUTHORIZED: 'Name or password is not right, or the time of the sign-in is over',
}
