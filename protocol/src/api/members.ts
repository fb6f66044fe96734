import * as z from 'zod/mini'
import { limits } from '../limits.ts'
import { defineRoutes, permissions } from '../route.ts'
import { organizationName } from './organizations.ts'
import '../messages.ts'

/** A role: the platform's own ones are global (api.md appendix OrganizationRole). */
export const OrganizationRole = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  permissions: z.array(z.enum(permissions)),
  isGlobal: z.boolean(),
  createdAt: z.string(),
  updatedAt: z.string(),
})

/** A member (api.md appendix OrganizationUser). */
export const OrganizationUser = z.object({
  userId: z.string(),
  organizationId: z.string(),
  name: z.string(),
  email: z.string(),
  role: z.enum(['owner', 'member']),
  assignedRoles: z.array(OrganizationRole),
  createdAt: z.string(),
  updatedAt: z.string(),
})

/** What a member or an invitation is given. */
export const granted = {
  role: z.enum(['owner', 'member']),
  assignedRoleIds: z.array(z.string().check(z.maxLength(100))).check(z.maxLength(limits.roleCount)),
}

const roleBody = z.object({
  name: organizationName,
  description: z._default(
    z.string().check(z.maxLength(limits.descriptionLength), z.regex(/^[^\0]*$/, 'must be text')),
    '',
  ),
  permissions: z.array(z.enum(permissions)),
})

/** Members and roles of an organization (api.md 1.8). */
export const memberRoutes = defineRoutes({
  listOrganizationMembers: {
    method: 'GET',
    path: '/organizations/{organizationId}/users',
    summary: 'Members of the organization',
    access: 'member',
    response: z.array(OrganizationUser),
    status: 200,
  },
  updateAccessForOrganizationMember: {
    method: 'POST',
    path: '/organizations/{organizationId}/users/{userId}/access',
    summary: 'Give a member another role and other assigned roles; one owner must stay',
    access: 'owner',
    body: z.object(granted),
    response: OrganizationUser,
    status: 200,
  },
  deleteOrganizationMember: {
    method: 'DELETE',
    path: '/organizations/{organizationId}/users/{userId}',
    summary: 'Remove a member; the keys of the member there are deleted',
    access: 'owner',
    status: 204,
  },
  listOrganizationRoles: {
    method: 'GET',
    path: '/organizations/{organizationId}/roles',
    summary: 'Roles that can be assigned: those of the platform and the own ones',
    access: 'member',
    response: z.array(OrganizationRole),
    status: 200,
  },
  createOrganizationRole: {
    method: 'POST',
    path: '/organizations/{organizationId}/roles',
    summary: 'Make a role',
    access: 'owner',
    body: roleBody,
    response: OrganizationRole,
    status: 201,
  },
  updateOrganizationRole: {
    method: 'PUT',
    path: '/organizations/{organizationId}/roles/{roleId}',
    summary: 'Change a role; holds at once for everybody who has it',
    access: 'owner',
    body: roleBody,
    response: OrganizationRole,
    status: 200,
  },
  deleteOrganizationRole: {
    method: 'DELETE',
    path: '/organizations/{organizationId}/roles/{roleId}',
    summary: 'Delete a role; who has it loses what it gave',
    access: 'owner',
    status: 204,
  },
})
