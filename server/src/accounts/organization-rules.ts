import type { AccessChange } from '../auth/access-change.ts'
import { isSuspended } from '../auth/standing.ts'
import type { Feed } from '../sandboxes/feed.ts'
import type { AccountStore, OrganizationRecord } from '../store/accounts.ts'

/** Organizations that are remembered at a time. */
const kept = 5_000

/** What of an organization holds for every visit of its sandboxes. */
export interface OrganizationRules {
  /** True while nothing of it may be entered: it is suspended, or gone. */
  isClosed(organizationId: string): Promise<boolean>
  /** True when browsers are warned before its previews. */
  hasWarning(organizationId: string): Promise<boolean>
}

/** What it needs. */
interface Parts {
  readonly accounts: Pick<AccountStore, 'organization'>
  readonly accessFeed: Pick<Feed<AccessChange>, 'subscribe'>
  /** what holds for organizations that have not chosen */
  readonly previewWarning: boolean
  readonly clock: () => number
}

/** Makes it; organizations are kept in memory and read anew when somebody may do less than before. */
export function createOrganizationRules({ accounts, accessFeed, previewWarning, clock }: Parts): OrganizationRules {
  const known = new Map<string, OrganizationRecord>()
  /** what was read before something changed is not kept after it */
  let changes = 0
  accessFeed.subscribe(() => {
    changes += 1
    known.clear()
  })

  async function read(id: string): Promise<OrganizationRecord | undefined> {
    const found = known.get(id)
    if (found !== undefined) return found
    const before = changes
    const organization = await accounts.organization(id)
    if (organization === undefined || before !== changes) return organization
    if (known.size >= kept) known.clear()
    known.set(id, organization)
    return organization
  }

  return {
    async isClosed(id) {
      const organization = await read(id)
      return organization === undefined || isSuspended(organization, clock())
    },
    async hasWarning(id) {
      return (await read(id))?.previewWarning ?? previewWarning
    },
  }
}
