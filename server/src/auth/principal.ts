import { type Permission, permissions } from '@sandyard/protocol'
import type { ApiKeyRecord } from '../store/accounts.ts'

/** What somebody is in an organization. */
export type Role = 'owner' | 'member'

/** Who calls, with what it may do and where. */
export interface Principal {
  /** an API key, or a user who has signed in here or at the OIDC issuer */
  readonly kind: 'key' | 'user'
  readonly userId: string
  /** null for a user who has named no organization, or one that is not the user's */
  readonly organizationId: string | null
  /** in that organization; empty without one */
  readonly permissions: ReadonlySet<Permission>
  /** in that organization; a key is an owner's when it carries every permission, else a member's */
  readonly role: Role
  /** administrator of the platform; by a key only when it carries every permission */
  readonly isAdmin: boolean
  /** why the organization is suspended; null when it is not */
  readonly suspension: string | null
  /** end of the credential, epoch ms; null: never */
  readonly expiresAtMs: number | null
  /** the key, of kind `key` */
  readonly key?: ApiKeyRecord
  /** the session, of users who have signed in here */
  readonly sessionId?: string
}

/** One that acts in an organization. */
export type MemberPrincipal = Principal & { readonly organizationId: string }

/** True when the principal may do all of these. */
export function covers(principal: Principal, wanted: readonly Permission[]): boolean {
  return wanted.every((permission) => principal.permissions.has(permission))
}

/** True for a signed-in user, and for a key that may do everything: what a key with less cannot do to its user. */
export function isSelf(principal: Principal): boolean {
  return principal.kind === 'user' || isFull(principal.permissions)
}

/** True when nothing is missing. */
export function isFull(granted: ReadonlySet<Permission>): boolean {
  return permissions.every((permission) => granted.has(permission))
}
