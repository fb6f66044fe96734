import type { Permission } from '@sandyard/protocol'
import type { AccountStore } from '../store/accounts.ts'
import type { MemberStore } from '../store/members.ts'
import type { MadeBy } from '../store/tables.ts'
import type { Principal } from './principal.ts'
import { readStanding } from './standing.ts'

/** Tells whether who has made a token could make it now. */
export interface Makers {
  /**
   * True while the maker is a member of the organization, the key it was made with is good, and both may do what is
   * needed. Tokens that nobody is known to have made are let be until they expire.
   * @param needed absent: what every member may
   */
  mayStill(made: MadeBy, organizationId: string, needed?: Permission): Promise<boolean>
}

/** What it needs. */
interface Parts {
  readonly accounts: Pick<AccountStore, 'keyById'>
  readonly members: Pick<MemberStore, 'membership' | 'roles'>
  readonly clock: () => number
}

/** Makes it. */
export function createMakers({ accounts, members, clock }: Parts): Makers {
  return {
    async mayStill({ userId, keyId }, organizationId, needed) {
      if (userId === null) return true
      const standing = await readStanding(members, { organizationId, userId }, clock())
      if (standing === null || (needed !== undefined && !standing.permissions.has(needed))) return false
      if (keyId === null) return true
      const key = await accounts.keyById(keyId)
      if (key === undefined || (key.expiresAtMs !== null && key.expiresAtMs <= clock())) return false
      return needed === undefined || key.permissions.includes(needed)
    },
  }
}

/** Who makes a token. */
export function makerOf({ userId, key }: Pick<Principal, 'userId' | 'key'>): MadeBy {
  return { userId, keyId: key?.id ?? null }
}
