import { randomUUID } from 'node:crypto'
import { limits, type memberRoutes, PlatformError } from '@sandyard/protocol'
import { checkRoleIds } from '../accounts/role-ids.ts'
import { toWireMember, toWireRole, toWireRoles } from '../accounts/wire.ts'
import type { AccessChange } from '../auth/access-change.ts'
import { globalRole, globalRoles } from '../auth/roles.ts'
import { notFound } from '../not-found.ts'
import { newPreviewToken } from '../previews/token.ts'
import type { Feed } from '../sandboxes/feed.ts'
import type { Store } from '../store/store.ts'
import type { Answers } from './call.ts'

/** What the calls on members need. */
interface Parts {
  readonly store: Pick<Store, 'members'>
  readonly accessFeed: Pick<Feed<AccessChange>, 'publish'>
  readonly clock: () => number
}

/** Answers of the calls on members and roles. */
export function memberAnswers({ store, accessFeed, clock }: Parts): Answers<typeof memberRoutes> {
  const { members } = store

  return {
    async listOrganizationMembers({ principal }) {
      const own = await members.roles(principal.organizationId)
      return (await members.members(principal.organizationId)).map((member) => toWireMember(member, own))
    },
    async updateAccessForOrganizationMember({ principal, params, body }) {
      const { organizationId } = principal
      const roleIds = checkRoleIds(body.assignedRoleIds, await members.roles(organizationId))
      const ids = { organizationId, userId: params.userId }
      const outcome = await members.changeMember({ ...ids, role: body.role, roleIds }, clock())
      if (outcome === 'absent') throw notFound('Member', params.userId)
      if (outcome === 'last-owner') {
        throw new PlatformError('FORBIDDEN', 'The last owner must stay one')
      }
      accessFeed.publish(ids)
      const own = await members.roles(organizationId)
      const changed = (await members.members(organizationId)).find(({ userId }) => userId === params.userId)
      if (changed === undefined) throw notFound('Member', params.userId)
      return toWireMember(changed, own)
    },
    async deleteOrganizationMember({ principal, params }) {
      const ids = { organizationId: principal.organizationId, userId: params.userId }
      const outcome = await members.removeMember(ids, { nowMs: clock(), makeToken: newPreviewToken })
      if (outcome === 'absent') throw notFound('Member', params.userId)
      if (outcome === 'last-owner') throw new PlatformError('FORBIDDEN', 'The last owner cannot be removed')
      accessFeed.publish(ids)
    },
    async listOrganizationRoles({ principal }) {
      return toWireRoles(await members.roles(principal.organizationId))
    },
    async createOrganizationRole({ principal, body }) {
      const { organizationId } = principal
      checkName(body.name)
      if ((await members.roles(organizationId)).length >= limits.roleCount) {
        throw new PlatformError('FORBIDDEN', `An organization can have at most ${limits.roleCount} roles of its own`)
      }
      const role = {
        id: randomUUID(),
        organizationId,
        name: body.name,
        description: body.description,
        permissions: [...new Set(body.permissions)],
        createdAtMs: clock(),
        updatedAtMs: clock(),
      }
      if (!(await members.insertRole(role))) throw nameTaken(body.name)
      return toWireRole(role)
    },
    async updateOrganizationRole({ principal, params, body }) {
      const { organizationId } = principal
      checkOwn(params.roleId)
      checkName(body.name)
      const { name, description } = body
      const permissions = [...new Set(body.permissions)]
      const change = { id: params.roleId, organizationId, name, description, permissions, updatedAtMs: clock() }
      const changed = await members.updateRole(change)
      if (changed === 'absent') throw notFound('Role', params.roleId)
      if (changed === 'name-taken') throw nameTaken(name)
      accessFeed.publish({ organizationId })
      return toWireRole(changed)
    },
    async deleteOrganizationRole({ principal, params }) {
      const { organizationId } = principal
      checkOwn(params.roleId)
      if (!(await members.removeRole(organizationId, params.roleId))) throw notFound('Role', params.roleId)
      accessFeed.publish({ organizationId })
    },
  }
}

function checkOwn(id: string): void {
  if (globalRole(id) !== undefined) {
    throw new PlatformError('FORBIDDEN', 'The roles of the platform cannot be changed')
  }
}

function checkName(name: string): void {
  if (globalRoles.some((role) => role.name === name)) throw nameTaken(name)
}

function nameTaken(name: string): PlatformError {
  return new PlatformError('CONFLICT', `Role with name ${name} already exists`)
}
