// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/invitations.ts: change that, and run it again. */

import type { OrganizationRole } from './members.ts'

export interface OrganizationInvitation {
  id: string
  email: string
  invitedBy: string
  organizationId: string
  organizationName: string
  expiresAt: string
  status: 'pending' | 'accepted' | 'declined' | 'cancelled'
  role: 'owner' | 'member'
  assignedRoles: OrganizationRole[]
  createdAt: string
  updatedAt: string
}

/** What is sent and answered. */
export interface InvitationOperations {
  /** Invitations that are neither answered nor over */
  listOrganizationInvitations: {
    params: { organizationId: string | number | boolean }
    answer: OrganizationInvitation[]
  }
  /** Invite whoever has this email; for seven days when nothing else is said */
  createOrganizationInvitation: {
    params: { organizationId: string | number | boolean }
    body: {
      email: string
      role: 'owner' | 'member'
      assignedRoleIds: readonly string[]
      expiresAt?: string | null | undefined
    }
    answer: OrganizationInvitation
  }
  /** Change what a pending invitation gives */
  updateOrganizationInvitation: {
    params: { organizationId: string | number | boolean; invitationId: string | number | boolean }
    body: {
      role: 'owner' | 'member'
      assignedRoleIds: readonly string[]
      expiresAt?: string | null | undefined
    }
    answer: OrganizationInvitation
  }
  /** Take a pending invitation back */
  cancelOrganizationInvitation: {
    params: { organizationId: string | number | boolean; invitationId: string | number | boolean }
    answer: undefined
  }
  /** Invitations for the verified email of the user */
  listOrganizationInvitationsForAuthenticatedUser: {
    answer: OrganizationInvitation[]
  }
  /** How many they are */
  getOrganizationInvitationsCountForAuthenticatedUser: {
    answer: number
  }
  /** Become a member */
  acceptOrganizationInvitation: {
    params: { invitationId: string | number | boolean }
    answer: OrganizationInvitation
  }
  /** Say no to an invitation */
  declineOrganizationInvitation: {
    params: { invitationId: string | number | boolean }
    answer: undefined
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const invitationOperations = {
  listOrganizationInvitations: 'GET /organizations/{organizationId}/invitations',
  createOrganizationInvitation: 'POST /organizations/{organizationId}/invitations',
  updateOrganizationInvitation: 'PUT /organizations/{organizationId}/invitations/{invitationId}',
  cancelOrganizationInvitation: 'POST /organizations/{organizationId}/invitations/{invitationId}/cancel',
  listOrganizationInvitationsForAuthenticatedUser: 'GET /organizations/invitations',
  getOrganizationInvitationsCountForAuthenticatedUser: 'GET /organizations/invitations/count',
  acceptOrganizationInvitation: 'POST /organizations/invitations/{invitationId}/accept',
  declineOrganizationInvitation: 'POST /organizations/invitations/{invitationId}/decline',
} as const
