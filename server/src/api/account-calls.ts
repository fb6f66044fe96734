import {
  accountRoutes,
  authRoutes,
  invitationRoutes,
  memberRoutes,
  organizationRoutes,
  userRoutes,
} from '@sandyard/protocol'
import type { SignIn } from '../auth/sign-in.ts'
import type { ServerConfig } from '../options.ts'
import type { Store } from '../store/store.ts'
import { accountAnswers } from './account.ts'
import { authAnswers } from './auth.ts'
import { invitationAnswers } from './invitations.ts'
import { memberAnswers } from './members.ts'
import type { Api } from './mount.ts'
import { organizationAnswers } from './organizations.ts'
import { userAnswers } from './users.ts'

/** What they need. */
interface Parts extends SignIn {
  readonly store: Store
  readonly config: ServerConfig
  readonly clock: () => number
}

/** Adds the calls of signing in, users, organizations and keys. */
export function addAccountCalls(api: Pick<Api, 'add'>, parts: Parts): void {
  const { store, sessions, config, clock, accessFeed } = parts
  api.add(authRoutes, authAnswers(parts))
  api.add(userRoutes, userAnswers({ users: store.users, sessions, config, clock }))
  // Their paths begin as those of organizations do, with a word in place of an id: they are looked at first.
  api.add(invitationRoutes, invitationAnswers(parts))
  api.add(organizationRoutes, organizationAnswers(parts))
  api.add(memberRoutes, memberAnswers(parts))
  api.add(accountRoutes, accountAnswers({ accounts: store.accounts, accessFeed, clock }))
}
