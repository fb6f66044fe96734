import type { ServerConfig } from '../options.ts'
import { createFeed, type Feed } from '../sandboxes/feed.ts'
import type { Store } from '../store/store.ts'
import type { AccessChange } from './access-change.ts'
import { type Authenticate, createAuthenticate } from './authenticate.ts'
import { createLogin, type Login } from './login.ts'
import { createBearerCheck } from './oidc/bearer.ts'
import { type CodeFlow, createCodeFlow } from './oidc/code-flow.ts'
import { createIssuer } from './oidc/issuer.ts'
import { createSubjects } from './oidc/subjects.ts'
import { createPasswords, type Passwords } from './password.ts'
import { createSessions, type Sessions } from './sessions.ts'

/** Everything that knows who somebody is. */
export interface SignIn {
  readonly authenticate: Authenticate
  readonly accessFeed: Feed<AccessChange>
  readonly sessions: Sessions
  readonly login: Login
  readonly passwords: Passwords
  /** null when no OIDC issuer is configured */
  readonly codeFlow: CodeFlow | null
}

/** What it needs. `noteUse` is told of each use of a key by its id. */
interface Parts {
  readonly store: Store
  readonly config: Pick<ServerConfig, 'oidc' | 'passwordCost' | 'region'>
  readonly clock: () => number
  readonly noteUse: (keyId: string) => void
}

/** Wires keys, sessions and the OIDC issuer together. */
export function createSignIn({ store, config, clock, noteUse }: Parts): SignIn {
  const accessFeed = createFeed<AccessChange>()
  const passwords = createPasswords(config.passwordCost)
  const sessions = createSessions(store.sessions, clock)
  const login = createLogin(store.users, passwords, clock)
  const oidc = config.oidc === undefined ? null : createOidc(store, { ...config, oidc: config.oidc }, clock)
  const authenticate = createAuthenticate({
    ...store,
    clock,
    noteUse,
    signIns: [sessions.signIn, ...(oidc === null ? [] : [oidc.bearer])],
  })
  // First of all listeners: whoever asks again gets the new answer.
  accessFeed.subscribe(() => authenticate.forget())
  return { authenticate, accessFeed, sessions, login, passwords, codeFlow: oidc?.codeFlow ?? null }
}

function createOidc(
  { users }: Store,
  { oidc, region }: Required<Pick<ServerConfig, 'oidc' | 'region'>>,
  clock: () => number,
) {
  const issuer = createIssuer(oidc, clock)
  const subjects = createSubjects({ users, config: oidc, regionId: region.id, clock })
  return {
    bearer: createBearerCheck({ config: oidc, issuer, subjects, clock }),
    codeFlow: createCodeFlow({ config: oidc, issuer, subjects }),
  }
}
