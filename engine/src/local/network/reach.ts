import { closedRanges, type NetworkRules } from '@sandyard/protocol'
import type { NamePolicy } from './name-policy.ts'
import { isListed } from './own-rules.ts'
import { listOf } from './ranges.ts'

/** The firewall's decisions, for what is done on behalf of sandboxes. */
export interface Reach {
  /** Whether an address lies in no closed range, or in one that is open all the same. */
  isOpen(address: string): boolean
  /** Whether a sandbox may connect to an address that the name has led to. */
  mayReach(rules: NetworkRules, domains: NamePolicy | null, target: { name: string; address: string }): boolean
}

/** Makes the decisions from the platform's open ranges and the network of all sandboxes of the machine, IPv4 CIDRs. */
export function createReach(openRanges: readonly string[], sandboxes: string): Reach {
  const closed = listOf(closedRanges)
  const opened = listOf(openRanges)
  const neighbours = listOf([sandboxes])
  const isOpen = (address: string): boolean => opened.check(address) || !closed.check(address)
  return {
    isOpen,
    mayReach(rules, domains, { name, address }) {
      if (rules.blockAll || neighbours.check(address) || !isOpen(address)) return false
      if (domains?.denies(name) === true || listOf(rules.denyList ?? []).check(address)) return false
      if (!isListed(rules)) return true
      const isNamed = rules.domains !== undefined && domains?.allows(name) === true
      return isNamed || listOf(rules.allowList ?? []).check(address)
    },
  }
}
