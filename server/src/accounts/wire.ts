import { limits, unlimited } from '@sandyard/protocol'
import type { GlobalRole } from '../auth/roles.ts'
import { globalRole, globalRoles } from '../auth/roles.ts'
import { isSuspended } from '../auth/standing.ts'
import type { ServerConfig } from '../options.ts'
import type { ApiKeyRecord, OrganizationRecord } from '../store/accounts.ts'
import type { NamedInvitation } from '../store/invitations.ts'
import type { OrganizationLimits } from '../store/limits.ts'
import type { NamedMember, RoleRecord } from '../store/members.ts'
import type { UserRecord } from '../store/users.ts'
import { wireDate, wireDateOrNull } from '../wire-date.ts'

/** A key as listed: never its value (api.md appendix ApiKeyList). */
export function toWireKey(key: ApiKeyRecord) {
  return {
    name: key.name,
    value: key.masked,
    permissions: [...key.permissions],
    userId: key.userId,
    organizationId: key.organizationId,
    createdAt: wireDate(key.createdAtMs),
    lastUsedAt: wireDateOrNull(key.lastUsedAtMs),
    expiresAt: wireDateOrNull(key.expiresAtMs),
  }
}

/** A user (api.md appendix User), and how to sign in. */
export function toWireUser(user: UserRecord) {
  return {
    id: user.id,
    name: user.name,
    email: user.email ?? '',
    emailVerified: user.isEmailVerified,
    role: user.isAdmin ? ('admin' as const) : ('user' as const),
    publicKeys: [],
    createdAt: wireDate(user.createdAtMs),
    login: user.login,
  }
}

/** An organization (api.md appendix Organization); what this version has no use for carries its neutral value. */
export function toWireOrganization(
  organization: OrganizationRecord,
  { capacity, quotas, region, previewWarning }: Pick<ServerConfig, 'capacity' | 'previewWarning' | 'quotas' | 'region'>,
  nowMs: number,
  own: Partial<OrganizationLimits>,
) {
  const suspended = isSuspended(organization, nowMs)
  return {
    id: organization.id,
    name: organization.name,
    createdBy: organization.createdBy,
    personal: organization.isPersonal,
    createdAt: wireDate(organization.createdAtMs),
    updatedAt: wireDate(organization.updatedAtMs),
    suspended,
    suspendedAt: suspended ? wireDateOrNull(organization.suspendedAtMs) : null,
    suspensionReason: suspended ? (organization.suspensionReason ?? '') : '',
    suspendedUntil: suspended ? wireDateOrNull(organization.suspendedUntilMs) : null,
    suspensionCleanupGracePeriodHours: organization.suspensionGraceHours,
    maxCpuPerSandbox: own.maxCpuPerSandbox ?? capacity.cpu,
    maxMemoryPerSandbox: own.maxMemoryPerSandbox ?? capacity.memoryGib,
    maxDiskPerSandbox: own.maxDiskPerSandbox ?? capacity.diskGib,
    secretQuota: own.secretQuota ?? quotas.secrets ?? unlimited,
    maxSecretsPerSandbox: limits.secretsOfSandbox,
    snapshotDeactivationTimeoutMinutes: 20_160,
    defaultQueueTimeout: null,
    sandboxLimitedNetworkEgress: false,
    previewWarningEnabled: organization.previewWarning ?? previewWarning,
    ssoEnabled: false,
    scimEnabled: false,
    defaultRegionId: organization.defaultRegionId ?? region.id,
    authenticatedRateLimit: own.authenticatedRateLimit ?? null,
    sandboxCreateRateLimit: own.sandboxCreateRateLimit ?? null,
    sandboxLifecycleRateLimit: own.sandboxLifecycleRateLimit ?? null,
    authenticatedRateLimitTtlSeconds: own.authenticatedRateLimitTtlSeconds ?? null,
    sandboxCreateRateLimitTtlSeconds: own.sandboxCreateRateLimitTtlSeconds ?? null,
    sandboxLifecycleRateLimitTtlSeconds: own.sandboxLifecycleRateLimitTtlSeconds ?? null,
    experimentalConfig: {},
    otelConfig: null,
  }
}

/** A role; those of the platform are as old as time. */
export function toWireRole(role: RoleRecord | GlobalRole) {
  const isOwn = 'organizationId' in role
  return {
    id: role.id,
    name: role.name,
    description: role.description,
    permissions: [...role.permissions],
    isGlobal: !isOwn,
    createdAt: wireDate(isOwn ? role.createdAtMs : 0),
    updatedAt: wireDate(isOwn ? role.updatedAtMs : 0),
  }
}

/** All roles that can be assigned in an organization that has made these. */
export function toWireRoles(own: readonly RoleRecord[]) {
  return [...globalRoles.map(toWireRole), ...own.map(toWireRole)]
}

/** A member (api.md appendix OrganizationUser). */
export function toWireMember(member: NamedMember, own: readonly RoleRecord[]) {
  return {
    userId: member.userId,
    organizationId: member.organizationId,
    name: member.name,
    email: member.email ?? '',
    role: member.role,
    assignedRoles: assigned(member.roleIds, own),
    createdAt: wireDate(member.createdAtMs),
    updatedAt: wireDate(member.updatedAtMs),
  }
}

/** An invitation (api.md appendix OrganizationInvitation). */
export function toWireInvitation(invitation: NamedInvitation, own: readonly RoleRecord[]) {
  return {
    id: invitation.id,
    email: invitation.email,
    invitedBy: invitation.invitedBy,
    organizationId: invitation.organizationId,
    organizationName: invitation.organizationName,
    expiresAt: wireDate(invitation.expiresAtMs),
    status: invitation.status,
    role: invitation.role,
    assignedRoles: assigned(invitation.roleIds, own),
    createdAt: wireDate(invitation.createdAtMs),
    updatedAt: wireDate(invitation.updatedAtMs),
  }
}

function assigned(roleIds: readonly string[], own: readonly RoleRecord[]) {
  return roleIds.flatMap((id) => {
    const role = globalRole(id) ?? own.find((candidate) => candidate.id === id)
    return role === undefined ? [] : [toWireRole(role)]
  })
}
