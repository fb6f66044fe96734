import type { NetworkRules } from '@sandyard/protocol'
import { createDomainRules, type DomainRules } from './domains.ts'
import { requireRanges } from './own-rules.ts'
import { listOf } from './ranges.ts'

/**
 * How a sandbox is told names: `listed`: those of a list; `within`: all, as far as they lead into its networks; `but`: all but
 * those that are denied.
 */
export type NameMode = 'listed' | 'within' | 'but'

/** What rules say of names. */
export interface NamePolicy extends DomainRules {
  readonly mode: NameMode
  /** whether a list of what is denied has it; `allows` is false then */
  denies(name: string): boolean
  /** whether it is in a list as it is, and not by a pattern */
  isExact(name: string): boolean
  /** whether a network that is denied has an address */
  isDenied(address: string): boolean
  /** whether a network that is allowed has it, where only these count */
  hasOpen(address: string): boolean
}

/**
 * Reads what rules say of names; `null`: nothing. Whoever may connect nowhere needs no names, and has no way out by them.
 * Throws BAD_REQUEST when a range is no IPv4 CIDR.
 */
export function namePolicy(rules: NetworkRules): NamePolicy | null {
  const { blockAll, allowList, domains, denyList = [], denyDomains = [] } = rules
  requireRanges(rules)
  const isNowhere = blockAll || (domains === undefined && allowList?.length === 0)
  const listed = isNowhere ? [] : domains
  const mode = modeOf(listed, allowList, denyDomains)
  if (mode === null) return null
  const list = createDomainRules(listed ?? [])
  const denied = createDomainRules(denyDomains)
  const networks = listOf(allowList ?? [])
  const closed = listOf(denyList)
  const exact = new Set(listed)
  return {
    mode,
    denies: denied.allows,
    allows: (name) => !denied.allows(name) && (mode !== 'listed' || list.allows(name)),
    isExact: (name) => exact.has(name),
    isDenied: (address) => closed.check(address),
    hasOpen: (address) => mode !== 'within' || networks.check(address),
  }
}

function modeOf(
  listed: readonly string[] | undefined,
  networks: readonly string[] | null,
  denied: readonly string[],
): NameMode | null {
  if (listed !== undefined) return 'listed'
  if (networks !== null) return 'within'
  return denied.length > 0 ? 'but' : null
}

/** Names that are denied as they are, and not by a pattern: these can be looked up. */
export function exactDenials({ denyDomains = [] }: NetworkRules): readonly string[] {
  return denyDomains.filter((name) => !name.startsWith('*.'))
}

/** Whether names that were open still are, all of them. */
export function isWider(before: NetworkRules, after: NetworkRules): boolean {
  const { denyDomains = [], denyList = [] } = after
  return (
    !after.blockAll &&
    before.domains?.every((domain) => after.domains?.includes(domain)) === true &&
    denyDomains.every((name) => before.denyDomains?.includes(name)) &&
    denyList.every((range) => before.denyList?.includes(range))
  )
}
