import { PlatformError } from '@sandyard/protocol'
import { globalRole } from '../auth/roles.ts'
import type { RoleRecord } from '../store/members.ts'

/** The ids without doubles. Throws BAD_REQUEST for one that is neither global nor the organization's own. */
export function checkRoleIds(roleIds: readonly string[], own: readonly RoleRecord[]): string[] {
  const unknown = roleIds.find((id) => globalRole(id) === undefined && !own.some((role) => role.id === id))
  if (unknown !== undefined) throw new PlatformError('BAD_REQUEST', `Role ${unknown} not found`)
  return [...new Set(roleIds)]
}
