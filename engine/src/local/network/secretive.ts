import type { NetworkRules, RefusalReason, SecretUse } from '@sandyard/protocol'
import { follow } from './answer.ts'
import type { Answered } from './ask.ts'
import type { Closings } from './closings.ts'
import { createDomainRules, type DomainRules } from './domains.ts'
import type { Lookups } from './lookups.ts'
import type { NamePolicy } from './name-policy.ts'
import type { Reach } from './reach.ts'
import type { RefusedNames } from './refusals.ts'

/** A sandbox with secrets, as what is done on its behalf goes by it. All of it is as of the moment of the call. */
export interface Secretive {
  readonly sandboxId: string
  isSecretHost(name: string): boolean
  /** what stands for the secrets of a host */
  placeholdersOf(name: string): readonly string[]
  /** whether it may ask for a name; not when it has left */
  mayAsk(name: string): boolean
  /** Where a name leads, within the bounds of its own queries; `null` when it may not know. `ask` asks a name server. */
  addressesOf(name: string, ask: () => Promise<Answered | undefined>): Promise<readonly string[] | null>
  /** Whether it may connect to an address that a name has led to: as the firewall would have it. */
  mayReach(name: string, address: string): boolean
  /** Notes a connection that was refused. */
  refused(name: string, port: number, reason: RefusalReason): void
}

/** What counts of its place in the network. */
export interface SecretivePlace {
  readonly sandboxId: string
  readonly rules: NetworkRules
  readonly domains: NamePolicy | null
  readonly closings: Closings
  readonly lookups: Lookups | null
  readonly secrets: readonly SecretUse[]
  readonly secretHosts: DomainRules | null
  readonly refused: RefusedNames
}

/** Looks at a place as it is at each call. */
export function createSecretive(place: SecretivePlace, isHere: () => boolean, reach: Reach): Secretive {
  const mayAsk = (name: string): boolean => isHere() && (place.domains?.allows(name) ?? true)
  return {
    sandboxId: place.sandboxId,
    isSecretHost: (name) => place.secretHosts?.allows(name) === true,
    placeholdersOf: (name) =>
      place.secrets.flatMap(({ placeholder, hosts }) => (createDomainRules(hosts).allows(name) ? [placeholder] : [])),
    mayAsk,
    async addressesOf(name, ask) {
      if (!mayAsk(name)) return null
      const answered = place.lookups === null ? await ask() : await place.lookups.lookUp(name, ask)
      if (answered === null) return null
      if (answered === undefined) return []
      const { leads, addresses } = follow(name, answered.response)
      const isDenied = leads.some((lead) => lead.kind === 'alias' && place.domains?.denies(lead.target) === true)
      return isDenied ? null : addresses
    },
    mayReach: (name, address) =>
      isHere() && !place.closings.has(address) && reach.mayReach(place.rules, place.domains, { name, address }),
    refused: place.refused.noteConnection,
  }
}
