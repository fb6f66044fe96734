import { closedRules, mostOpen, openedRules } from './own-rules.ts'
import type { RuleWriter } from './rule-writer.ts'

/**
 * Addresses that are closed to one sandbox as denied names lead there. One that another name leads to as well stays open,
 * or is opened again: whole parts of the web share the addresses of a CDN.
 */
export interface Closings {
  /** Notes where a name leads that is not denied, and opens what was closed there. */
  spare(name: string, addresses: readonly string[]): Promise<void>
  /** Closes where a denied name leads. */
  close(addresses: readonly string[]): Promise<void>
  /**
   * Begins anew with other denials: gives the addresses that are closed then, those of them that are known and those that
   * only names have led to which are denied now.
   */
  change(denies: (name: string) => boolean, known: readonly string[]): readonly string[]
  has(address: string): boolean
}

/** What it needs. */
export interface ClosingsOptions {
  readonly table: string
  /** name of the set that they are in */
  readonly set: string
  readonly writer: RuleWriter
  /** the set can hold what was closed before a start of the platform */
  readonly isInherited: boolean
}

/** Names that are remembered of one address. */
const mostNames = 16

/** Makes the list of one sandbox. */
export function createClosings({ table, set, writer, isInherited }: ClosingsOptions): Closings {
  const closed = new Set<string>()
  /** where names have led, the address that was seen last is the last one */
  const seen = new Map<string, Set<string>>()
  let mayHoldMore = isInherited

  return {
    async spare(name, addresses) {
      const isClosed = (address: string): boolean => closed.has(address) || (mayHoldMore && !seen.has(address))
      const opening = addresses.filter(isClosed)
      for (const address of addresses) {
        const names = new Set([...(seen.get(address) ?? []), name].slice(-mostNames))
        seen.delete(address)
        seen.set(address, names)
        closed.delete(address)
        const [oldest] = seen.keys()
        if (seen.size > mostOpen && oldest !== undefined) seen.delete(oldest)
      }
      if (opening.length > 0) await writer.write(closedRules(table, set, opening))
    },
    async close(addresses) {
      const closing = addresses.filter((address) => !seen.has(address) && !closed.has(address))
      for (const address of closing) closed.add(address)
      const dropped = [...closed].slice(0, Math.max(0, closed.size - mostOpen))
      for (const address of dropped) closed.delete(address)
      const lines = [...closedRules(table, set, dropped), ...openedRules(table, set, closing)]
      if (lines.length > 0) await writer.write(lines)
    },
    change(denies, known) {
      mayHoldMore = false
      closed.clear()
      for (const [address, names] of seen) {
        for (const name of names) if (denies(name)) names.delete(name)
        if (names.size > 0) continue
        seen.delete(address)
        closed.add(address)
      }
      for (const address of known) if (!seen.has(address)) closed.add(address)
      return [...closed]
    },
    has: (address) => closed.has(address),
  }
}
