import { randomUUID } from 'node:crypto'
import { type invitationRoutes, limits, PlatformError } from '@sandyard/protocol'
import { checkRoleIds } from '../accounts/role-ids.ts'
import { toWireInvitation } from '../accounts/wire.ts'
import type { AccessChange } from '../auth/access-change.ts'
import type { MemberPrincipal, Principal } from '../auth/principal.ts'
import { notFound } from '../not-found.ts'
import type { Feed } from '../sandboxes/feed.ts'
import type { InvitationRecord, NamedInvitation } from '../store/invitations.ts'
import type { Store } from '../store/store.ts'
import type { Answers } from './call.ts'

/** How long an invitation is open when nothing is said, ms (api.md 1.8). */
const openMs = 7 * 24 * 3600_000
/** The longest, ms. */
const longestMs = 365 * 24 * 3600_000

/** What the calls on invitations need. */
interface Parts {
  readonly store: Pick<Store, 'accounts' | 'invitations' | 'members' | 'users'>
  readonly accessFeed: Pick<Feed<AccessChange>, 'publish'>
  readonly clock: () => number
}

/** Answers of the calls on invitations. */
export function invitationAnswers({ store, accessFeed, clock }: Parts): Answers<typeof invitationRoutes> {
  const { accounts, invitations, members, users } = store

  async function wire(invitation: NamedInvitation) {
    return toWireInvitation(invitation, await members.roles(invitation.organizationId))
  }

  async function wireById(id: string) {
    const invitation = await invitations.byId(id)
    if (invitation === undefined) throw notFound('Invitation', id)
    return wire(invitation)
  }

  async function ofOrganization({ organizationId }: MemberPrincipal, id: string): Promise<NamedInvitation> {
    const invitation = await invitations.byId(id)
    if (invitation?.organizationId !== organizationId) throw notFound('Invitation', id)
    return invitation
  }

  /** The address that invitations of a user go to; null while nobody has made sure that it is the user's. */
  async function emailOf({ userId }: Principal): Promise<string | null> {
    const user = await users.byId(userId)
    return user?.isEmailVerified === true ? user.email : null
  }

  async function forCaller(principal: Principal): Promise<NamedInvitation[]> {
    const email = await emailOf(principal)
    return email === null ? [] : invitations.forEmail(email, clock(), limits.invitationCount)
  }

  /** One for the caller. Throws NOT_FOUND, as for one that does not exist, when it is for somebody else. */
  async function addressed(principal: Principal, id: string): Promise<NamedInvitation> {
    const [invitation, email] = [await invitations.byId(id), await emailOf(principal)]
    if (invitation === undefined || invitation.email !== email) throw notFound('Invitation', id)
    return invitation
  }

  return {
    async listOrganizationInvitations({ principal }) {
      const own = await members.roles(principal.organizationId)
      const pending = await invitations.ofOrganization(principal.organizationId, clock())
      return pending.map((invitation) => toWireInvitation(invitation, own))
    },
    async createOrganizationInvitation({ principal, body }) {
      const { organizationId } = principal
      const organization = await accounts.organization(organizationId)
      if (organization?.isPersonal !== false) {
        throw new PlatformError('FORBIDDEN', 'Nobody can be invited to a personal organization')
      }
      const invitation: InvitationRecord = {
        id: randomUUID(),
        organizationId,
        email: body.email,
        invitedBy: principal.userId,
        role: body.role,
        roleIds: checkRoleIds(body.assignedRoleIds, await members.roles(organizationId)),
        status: 'pending',
        expiresAtMs: parseEnd(body.expiresAt, clock()) ?? clock() + openMs,
        createdAtMs: clock(),
        updatedAtMs: clock(),
      }
      const outcome = await invitations.insert(invitation, limits.invitationCount)
      if (outcome === 'member') throw new PlatformError('CONFLICT', `${body.email} is a member already`)
      if (outcome === 'invited') throw new PlatformError('CONFLICT', `${body.email} is invited already`)
      if (outcome === 'full') {
        throw new PlatformError('FORBIDDEN', `At most ${limits.invitationCount} invitations can be open at a time`)
      }
      return wireById(invitation.id)
    },
    async updateOrganizationInvitation({ principal, params, body }) {
      const { id, organizationId, expiresAtMs } = await ofOrganization(principal, params.invitationId)
      const change = {
        role: body.role,
        roleIds: checkRoleIds(body.assignedRoleIds, await members.roles(organizationId)),
        expiresAtMs: parseEnd(body.expiresAt, clock()) ?? expiresAtMs,
        updatedAtMs: clock(),
      }
      if (!(await invitations.change(id, change))) throw over()
      return wireById(id)
    },
    async cancelOrganizationInvitation({ principal, params }) {
      const { id } = await ofOrganization(principal, params.invitationId)
      if (!(await invitations.settle(id, 'cancelled', clock()))) throw over()
    },
    async listOrganizationInvitationsForAuthenticatedUser({ principal }) {
      return Promise.all((await forCaller(principal)).map(wire))
    },
    async getOrganizationInvitationsCountForAuthenticatedUser({ principal }) {
      return (await forCaller(principal)).length
    },
    async acceptOrganizationInvitation({ principal, params }) {
      const invitation = await addressed(principal, params.invitationId)
      const most = { members: limits.memberCount, memberships: limits.membershipsPerUser }
      const outcome = await invitations.accept(invitation, principal.userId, { nowMs: clock(), most })
      if (outcome === 'over') throw over()
      if (outcome === 'full') {
        throw new PlatformError('FORBIDDEN', 'The organization has no room for more members, or the user for more')
      }
      accessFeed.publish({ userId: principal.userId, organizationId: invitation.organizationId })
      return wireById(invitation.id)
    },
    async declineOrganizationInvitation({ principal, params }) {
      const { id } = await addressed(principal, params.invitationId)
      if (!(await invitations.settle(id, 'declined', clock()))) throw over()
    },
  }
}

function parseEnd(text: string | null | undefined, nowMs: number): number | null {
  if (text === null || text === undefined) return null
  const atMs = Date.parse(text)
  if (atMs <= nowMs || atMs > nowMs + longestMs) {
    throw new PlatformError('BAD_REQUEST', 'expiresAt must be in the future, within a year')
  }
  return atMs
}

function over(): PlatformError {
  return new PlatformError('FORBIDDEN', 'The invitation has been answered or taken back, or its time is over')
}
