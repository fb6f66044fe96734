import * as z from 'zod/mini'
import { dateText } from '../query.ts'
import { defineRoutes } from '../route.ts'
import { granted, OrganizationRole } from './members.ts'
import { emailAddress } from './users.ts'
import '../messages.ts'

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

const expiresAt = z.optional(z.nullable(dateText))

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
