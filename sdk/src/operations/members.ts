// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/members.ts: change that, and run it again. */

export interface OrganizationRole {
  id: string
  name: string
  description: string
  permissions: ('write:registries' | 'delete:registries' | 'write:snapshots' | 'delete:snapshots' | 'write:sandboxes' | 'delete:sandboxes' | 'read:volumes' | 'write:volumes' | 'delete:volumes' | 'write:regions' | 'delete:regions' | 'read:runners' | 'write:runners' | 'delete:runners' | 'read:audit_logs' | 'manage:api_keys' | 'manage:secrets' | 'read:limits' | 'manage:sso' | 'read:billing' | 'manage:billing')[]
  isGlobal: boolean
  createdAt: string
  updatedAt: string
}

export interface OrganizationUser {
  userId: string
  organizationId: string
  name: string
  email: string
  role: 'owner' | 'member'
  assignedRoles: OrganizationRole[]
  createdAt: string
  updatedAt: string
}

/** What is sent and answered. */
export interface MemberOperations {
  /** Members of the organization */
  listOrganizationMembers: {
    params: { organizationId: string | number | boolean }
    answer: OrganizationUser[]
  }
  /** Give a member another role and other assigned roles; one owner must stay */
  updateAccessForOrganizationMember: {
    params: { organizationId: string | number | boolean; userId: string | number | boolean }
    body: {
      role: 'owner' | 'member'
      assignedRoleIds: readonly string[]
    }
    answer: OrganizationUser
  }
  /** Remove a member; the keys of the member there are deleted */
  deleteOrganizationMember: {
    params: { organizationId: string | number | boolean; userId: string | number | boolean }
    answer: undefined
  }
  /** Roles that can be assigned: those of the platform and the own ones */
  listOrganizationRoles: {
    params: { organizationId: string | number | boolean }
    answer: OrganizationRole[]
  }
  /** Make a role */
  createOrganizationRole: {
    params: { organizationId: string | number | boolean }
    body: {
      name: string
      description?: string | undefined
      permissions: readonly ('write:registries' | 'delete:registries' | 'write:snapshots' | 'delete:snapshots' | 'write:sandboxes' | 'delete:sandboxes' | 'read:volumes' | 'write:volumes' | 'delete:volumes' | 'write:regions' | 'delete:regions' | 'read:runners' | 'write:runners' | 'delete:runners' | 'read:audit_logs' | 'manage:api_keys' | 'manage:secrets' | 'read:limits' | 'manage:sso' | 'read:billing' | 'manage:billing')[]
    }
    answer: OrganizationRole
  }
  /** Change a role; holds at once for everybody who has it */
  updateOrganizationRole: {
    params: { organizationId: string | number | boolean; roleId: string | number | boolean }
    body: {
      name: string
      description?: string | undefined
      permissions: readonly ('write:registries' | 'delete:registries' | 'write:snapshots' | 'delete:snapshots' | 'write:sandboxes' | 'delete:sandboxes' | 'read:volumes' | 'write:volumes' | 'delete:volumes' | 'write:regions' | 'delete:regions' | 'read:runners' | 'write:runners' | 'delete:runners' | 'read:audit_logs' | 'manage:api_keys' | 'manage:secrets' | 'read:limits' | 'manage:sso' | 'read:billing' | 'manage:billing')[]
    }
    answer: OrganizationRole
  }
  /** Delete a role; who has it loses what it gave */
  deleteOrganizationRole: {
    params: { organizationId: string | number | boolean; roleId: string | number | boolean }
    answer: undefined
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const memberOperations = {
  listOrganizationMembers: 'GET /organizations/{organizationId}/users',
  updateAccessForOrganizationMember: 'POST /organizations/{organizationId}/users/{userId}/access',
  deleteOrganizationMember: 'DELETE /organizations/{organizationId}/users/{userId}',
  listOrganizationRoles: 'GET /organizations/{organizationId}/roles',
  createOrganizationRole: 'POST /organizations/{organizationId}/roles',
  updateOrganizationRole: 'PUT /organizations/{organizationId}/roles/{roleId}',
  deleteOrganizationRole: 'DELETE /organizations/{organizationId}/roles/{roleId}',
} as const
