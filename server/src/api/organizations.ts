import { randomUUID } from 'node:crypto'
import { limits, type organizationRoutes, PlatformError } from '@sandyard/protocol'
import { toWireOrganization } from '../accounts/wire.ts'
import type { AccessChange } from '../auth/access-change.ts'
import { notFound } from '../not-found.ts'
import type { ServerConfig } from '../options.ts'
import { readPage } from '../paging.ts'
import { newPreviewToken } from '../previews/token.ts'
import { regionFor } from '../region.ts'
import type { Feed } from '../sandboxes/feed.ts'
import type { NewOrganization, OrganizationRecord } from '../store/accounts.ts'
import type { Contents } from '../store/organizations.ts'
import type { Store } from '../store/store.ts'
import type { Answers } from './call.ts'

/** What the calls on organizations need. */
interface Parts {
  readonly store: Pick<Store, 'accounts' | 'limits' | 'members' | 'organizations' | 'users'>
  readonly accessFeed: Pick<Feed<AccessChange>, 'publish'>
  readonly config: Pick<ServerConfig, 'capacity' | 'previewWarning' | 'quotas' | 'region'>
  readonly clock: () => number
}

/** Answers of the calls on organizations. */
export function organizationAnswers({ store, accessFeed, config, clock }: Parts): Answers<typeof organizationRoutes> {
  const { accounts, limits: limitStore, members, organizations, users } = store
  const wire = async (organization: OrganizationRecord) =>
    toWireOrganization(organization, config, clock(), await limitStore.organization(organization.id))

  async function find(id: string): Promise<OrganizationRecord> {
    const organization = await accounts.organization(id)
    if (organization === undefined) throw notFound('Organization', id)
    return organization
  }

  async function create(name: string, createdBy: string, region: string | undefined): Promise<OrganizationRecord> {
    const organization: NewOrganization = {
      id: randomUUID(),
      name,
      createdBy,
      createdAtMs: clock(),
      isPersonal: false,
      defaultRegionId: region === undefined ? null : regionFor(config, region),
    }
    if (!(await organizations.insert(organization, limits.organizationsPerUser))) {
      throw new PlatformError('FORBIDDEN', `A user can make at most ${limits.organizationsPerUser} organizations`)
    }
    accessFeed.publish({ userId: createdBy, organizationId: organization.id })
    return find(organization.id)
  }

  async function choosePreviewWarning(id: string, isOn: boolean): Promise<void> {
    if (!(await organizations.setPreviewWarning(id, isOn, clock()))) throw notFound('Organization', id)
    accessFeed.publish({ organizationId: id })
  }

  return {
    async listOrganizations({ principal }) {
      const own = await organizations.ofUser(principal.userId)
      const { key } = principal
      return Promise.all(own.filter(({ id }) => key === undefined || id === key.organizationId).map(wire))
    },
    async createOrganization({ principal, body }) {
      return wire(await create(body.name, principal.userId, body.defaultRegionId))
    },
    async getOrganization({ principal }) {
      return wire(await find(principal.organizationId))
    },
    async deleteOrganization({ principal }) {
      const { id, name, isPersonal } = await find(principal.organizationId)
      if (isPersonal) throw new PlatformError('FORBIDDEN', 'A personal organization cannot be deleted')
      const contents = await organizations.delete(id, clock())
      if (contents !== null) {
        throw new PlatformError('CONFLICT', `Organization ${name} still has ${inWords(contents)}; delete them first`)
      }
      accessFeed.publish({ organizationId: id })
    },
    async setOrganizationDefaultRegion({ principal, body }) {
      const region = regionFor(config, body.defaultRegionId)
      if (!(await organizations.setDefaultRegion(principal.organizationId, region, clock()))) {
        throw new PlatformError('CONFLICT', 'The organization has a default region already')
      }
    },
    async leaveOrganization({ principal, params }) {
      const ids = { organizationId: params.organizationId, userId: principal.userId }
      const outcome = await members.removeMember(ids, { nowMs: clock(), makeToken: newPreviewToken })
      if (outcome === 'absent') throw notFound('Organization', params.organizationId)
      if (outcome === 'last-owner') {
        throw new PlatformError('FORBIDDEN', 'The last owner cannot leave the organization')
      }
      accessFeed.publish(ids)
    },
    async listAvailableSandboxClasses() {
      return [{ regionId: config.region.id, sandboxClass: 'container', gpuAvailable: false }]
    },
    async suspendOrganization({ params, body }) {
      const nowMs = clock()
      const suspendedUntilMs = typeof body.until === 'string' ? Date.parse(body.until) : null
      if (suspendedUntilMs !== null && suspendedUntilMs <= nowMs) {
        throw new PlatformError('BAD_REQUEST', 'until must be in the future')
      }
      const suspension = {
        suspendedAtMs: nowMs,
        suspendedUntilMs,
        suspensionReason: body.reason,
        suspensionGraceHours: body.suspensionCleanupGracePeriodHours ?? 24,
      }
      if (!(await organizations.suspend(params.organizationId, suspension, nowMs))) {
        throw notFound('Organization', params.organizationId)
      }
      accessFeed.publish({ organizationId: params.organizationId })
    },
    async unsuspendOrganization({ params }) {
      const { suspensionGraceHours } = await find(params.organizationId)
      const none = { suspendedAtMs: null, suspendedUntilMs: null, suspensionReason: null, suspensionGraceHours }
      await organizations.suspend(params.organizationId, none, clock())
      accessFeed.publish({ organizationId: params.organizationId })
    },
    async updateOrganizationPreviewWarning({ params, body }) {
      await choosePreviewWarning(params.organizationId, body.previewWarningEnabled)
    },
    async adminUpdateOrganizationPreviewWarning({ params, body }) {
      await choosePreviewWarning(params.organizationId, body.previewWarningEnabled)
    },
    async adminListOrganizations({ query }) {
      const { offset, limit } = readPage(query)
      return Promise.all((await organizations.page(offset, limit)).map(wire))
    },
    async adminCreateOrganization({ body }) {
      if ((await users.byId(body.userId)) === undefined) {
        throw notFound('User', body.userId)
      }
      return wire(await create(body.name, body.userId, body.defaultRegionId))
    },
  }
}

function inWords(contents: Contents): string {
  return Object.entries(contents)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ')
}
