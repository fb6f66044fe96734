import { type Permission, permissions } from '@sandyard/protocol'
import type { MemberStore } from '../store/members.ts'
import type { Role } from './principal.ts'
import { globalRole } from './roles.ts'

/** What a user is in an organization. */
export interface Standing {
  readonly role: Role
  /** all of them for an owner, else what the assigned roles give together, and to make keys */
  readonly permissions: ReadonlySet<Permission>
  /** why the organization is suspended; null when it is not */
  readonly suspension: string | null
}

/** Reads what a user is in an organization; null for one who is no member. */
export async function readStanding(
  members: Pick<MemberStore, 'membership' | 'roles'>,
  ids: { readonly organizationId: string; readonly userId: string },
  nowMs: number,
): Promise<Standing | null> {
  const membership = await members.membership(ids.organizationId, ids.userId)
  if (membership === undefined) return null
  const { role, roleIds } = membership
  const suspension = isSuspended(membership, nowMs) ? (membership.suspensionReason ?? '') : null
  if (role === 'owner') return { role, permissions: new Set(permissions), suspension }
  const own = roleIds.every((id) => globalRole(id) !== undefined) ? [] : await members.roles(ids.organizationId)
  const granted = roleIds.flatMap((id) => {
    return (globalRole(id) ?? own.find((candidate) => candidate.id === id))?.permissions ?? []
  })
  // Keys of their own are for every member to make: they can hold no more than the member does.
  return { role, permissions: new Set<Permission>(['manage:api_keys', ...granted]), suspension }
}

/** True until the suspension's end, when it has one. */
export function isSuspended(
  organization: { readonly suspendedAtMs: number | null; readonly suspendedUntilMs: number | null },
  nowMs: number,
): boolean {
  const { suspendedAtMs, suspendedUntilMs } = organization
  return suspendedAtMs !== null && (suspendedUntilMs === null || suspendedUntilMs > nowMs)
}
