import * as z from 'zod/mini'
import { limits } from '../limits.ts'
import { defineRoutes, permissions } from '../route.ts'
import { organizationName } from './organizations.ts'
import { emailAddress } from './users.ts'
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

/** An invitation (api.md appendix OrganizationInvitation). */
export const OrganizationInvitation = z.object({
  id: z.string(),
  email: z.string(),
  invitedBy: z.string(),
  organizationId: z.string(),
  organizationName: z.string(),
  expiresAt: z.string(),
  status: z.enum(['pending', 'accepted', 'declined', 'cancelled']),
  role: z.enum(['owner', 'member']),
  assignedRoles: z.array(OrganizationRole),
  createdAt: z.string(),
  updatedAt: z.string(),
})

const granted = {
  role: z.enum(['owner', 'member']),
  assignedRoleIds: z.array(z.string().check(z.maxLength(100))).check(z.maxLength(limits.roleCount)),
}

const expiresAt = z.optional(
  z.nullable(z.string().check(z.refine((text) => !Number.isNaN(Date.parse(text)), 'must be a date'))),
)

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

/** Invitations, by email, of users who have an account here (api.md 1.8). */
export const invitationRoutes = defineRoutes({
  listOrganizationInvitations: {
    method: 'GET',
    path: '/organizations/{organizationId}/invitations',
    summary: 'Invitations that are neither answered nor over',
    access: 'member',
    response: z.array(OrganizationInvitation),
    status: 200,
  },
  createOrganizationInvitation: {
    method: 'POST',
    path: '/organizations/{organizationId}/invitations',
    summary: 'Invite whoever has this email; for seven days when nothing else is said',
    access: 'owner',
    body: z.object({ email: emailAddress, ...granted, expiresAt }),
    response: OrganizationInvitation,
    status: 201,
  },
  updateOrganizationInvitation: {
    method: 'PUT',
    path: '/organizations/{organizationId}/invitations/{invitationId}',
    summary: 'Change what a pending invitation gives',
    access: 'owner',
    body: z.object({ ...granted, expiresAt }),
    response: OrganizationInvitation,
    status: 200,
  },
  cancelOrganizationInvitation: {
    method: 'POST',
    path: '/organizations/{organizationId}/invitations/{invitationId}/cancel',
    summary: 'Take a pending invitation back',
    access: 'owner',
    status: 204,
  },
  listOrganizationInvitationsForAuthenticatedUser: {
    method: 'GET',
    path: '/organizations/invitations',
    summary: 'Invitations for the verified email of the user',
    access: 'self',
    response: z.array(OrganizationInvitation),
    status: 200,
  },
  getOrganizationInvitationsCountForAuthenticatedUser: {
    method: 'GET',
    path: '/organizations/invitations/count',
    summary: 'How many they are',
    access: 'self',
    response: z.number(),
    status: 200,
  },
  acceptOrganizationInvitation: {
    method: 'POST',
    path: '/organizations/invitations/{invitationId}/accept',
    summary: 'Become a member',
    access: 'self',
    response: OrganizationInvitation,
    status: 200,
  },
  declineOrganizationInvitation: {
    method: 'POST',
    path: '/organizations/invitations/{invitationId}/decline',
    summary: 'Say no to an invitation',
    access: 'self',
    status: 204,
  },
})
