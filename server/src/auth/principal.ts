import type { Permission } from '@sandyard/protocol'
import type { ApiKeyRecord } from '../store/accounts.ts'

/** Who calls: an API key, with what it may do and where. */
export interface Principal {
  readonly key: ApiKeyRecord
  readonly organizationId: string
  readonly permissions: ReadonlySet<Permission>
}

/** The principal of a key. */
export function toPrincipal(key: ApiKeyRecord): Principal {
  return { key, organizationId: key.organizationId, permissions: new Set(key.permissions) }
}

/** True when the principal may do all that the other key may. */
export function covers(principal: Principal, permissions: readonly Permission[]): boolean {
  return permissions.every((permission) => principal.permissions.has(permission))
}
