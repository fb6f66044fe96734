import type { RevealSecrets } from '@sandyard/protocol'
import { isSuspended } from '../auth/standing.ts'
import type { Log } from '../log.ts'
import type { SecretStore } from '../store/secrets.ts'
import type { Cipher } from './cipher.ts'

/** What it needs. */
interface Parts {
  readonly secrets: Pick<SecretStore, 'holder' | 'heldBy'>
  readonly cipher: Cipher
  readonly clock: () => number
  readonly log: Log
}

/**
 * Gives the values of a sandbox's secrets, read from the store each time: whatever is changed, taken away or deleted counts
 * for the next request. A sandbox that is gone or going gets none, nor does one of a suspended organization.
 */
export function createReveal({ secrets, cipher, clock, log }: Parts): RevealSecrets {
  return async (sandboxId) => {
    const holder = await secrets.holder(sandboxId)
    if (holder === undefined || isSuspended(holder, clock())) return []
    const held = await secrets.heldBy(sandboxId, holder.organizationId)
    return held.flatMap(({ id, placeholder, value, hosts }) => {
      try {
        return [{ placeholder, value: cipher.open(value, sealOwner(id)), hosts }]
      } catch (error) {
        log.error({ error, sandboxId, secretId: id }, 'the value of a secret cannot be read')
        return []
      }
    })
  }
}

/** Whose a sealed value is. */
export function sealOwner(secretId: string): string {
  return `secret ${secretId}`
}
