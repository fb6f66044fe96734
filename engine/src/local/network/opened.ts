import type { DomainRules } from './domains.ts'
import { closedRules, mostOpen, openedRules, openSeconds } from './own-rules.ts'
import type { RuleWriter } from './rule-writer.ts'

/** Addresses that names have opened to one sandbox. */
export interface Opened {
  /** Opens addresses that a name leads to, and resolves when they are; rejects when that could not be done. */
  open(name: string, addresses: readonly string[]): Promise<void>
  /** Forgets all addresses but those of names that are still allowed, which it gives. */
  keep(domains: DomainRules | null): readonly string[]
}

/** What it needs. */
export interface OpenedOptions {
  readonly table: string
  /** name of the set that they are in */
  readonly set: string
  readonly writer: RuleWriter
  readonly clock: () => number
}

interface Entry {
  /** names that have led there, the last ones */
  readonly names: Set<string>
  readonly atMs: number
  /** settles when it is open */
  readonly written: Promise<void>
}

/** An address that was opened longer ago is opened anew with the next answer, ms. */
const renewMs = (openSeconds * 1000) / 2
/** Names that are remembered of one address. */
const mostNames = 16

/** Makes the list of one sandbox; the firewall's own set is what counts, and outlives this. */
export function createOpened({ table, set, writer, clock }: OpenedOptions): Opened {
  /** the one that was answered longest ago first */
  const entries = new Map<string, Entry>()

  /** Those that nobody was told of for longest, when they are too many. */
  function dropOldest(): string[] {
    const dropped = [...entries.keys()].slice(0, Math.max(0, entries.size - mostOpen))
    for (const address of dropped) entries.delete(address)
    return dropped
  }

  return {
    async open(name, addresses) {
      const nowMs = clock()
      const isFresh = (address: string): boolean => nowMs - (entries.get(address)?.atMs ?? nowMs) < renewMs
      const opening = addresses.filter((address) => !entries.has(address) || !isFresh(address))
      const { promise: written, resolve, reject } = Promise.withResolvers<void>()
      written.catch(() => {}) // Each who waits for it is told.
      for (const address of addresses) {
        const before = entries.get(address)
        entries.delete(address)
        const names = new Set([...(before?.names ?? []), name].slice(-mostNames))
        const isNew = before === undefined || opening.includes(address)
        entries.set(address, isNew ? { names, atMs: nowMs, written } : { ...before, names })
      }
      const waits = addresses.map((address) => entries.get(address)?.written)
      const dropped = dropOldest()
      if (opening.length > 0 || dropped.length > 0) {
        const lines = [...closedRules(table, set, dropped), ...openedRules(table, set, opening)]
        writer.write(lines).then(resolve, (fault: unknown) => {
          for (const address of opening) if (entries.get(address)?.written === written) entries.delete(address)
          reject(fault)
        })
      }
      await Promise.all(waits)
    },
    keep(domains) {
      for (const [address, { names }] of entries) {
        if (domains === null || ![...names].some((name) => domains.allows(name))) entries.delete(address)
      }
      return [...entries.keys()]
    },
  }
}
