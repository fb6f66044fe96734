import type { Refusal, RefusalReason } from '@sandyard/protocol'
import * as z from 'zod/mini'
import { run } from '../host/run.ts'
import { recordTypes } from './dns-message.ts'
import { refusedSeconds } from './own-rules.ts'

/** Names that are remembered of one sandbox; the oldest are forgotten first. */
const mostNames = 500

/** Notes the names that a sandbox was refused, and connections to hosts by their names. */
export interface RefusedNames {
  note(name: string, type: number, reason: RefusalReason): void
  /** a connection that would have been made for it */
  noteConnection(name: string, port: number, reason: RefusalReason): void
  /** those of the last hour, the last one last */
  list(): readonly Refusal[]
}

/** Makes the notes of one sandbox. */
export function createRefusedNames(clock: () => number): RefusedNames {
  const noted = new Map<string, Refusal>()

  function add(refusal: Omit<Refusal, 'count' | 'lastAtMs'>): void {
    const key = `${refusal.kind} ${refusal.target} ${refusal.reason}`
    const count = (noted.get(key)?.count ?? 0) + 1
    noted.delete(key)
    noted.set(key, { ...refusal, count, lastAtMs: clock() })
    const [oldest] = noted.keys()
    if (noted.size > mostNames && oldest !== undefined) noted.delete(oldest)
  }

  return {
    note: (target, type, reason) => add({ kind: 'name', target, protocol: typeName(type), port: null, reason }),
    noteConnection: (target, port, reason) => add({ kind: 'connection', target, protocol: 'tcp', port, reason }),
    list: () => [...noted.values()].filter(({ lastAtMs }) => clock() - lastAtMs < refusedSeconds * 1000),
  }
}

function typeName(type: number): string {
  return Object.entries(recordTypes).find(([, number]) => number === type)?.[0] ?? `TYPE${type}`
}

const Element = z.object({
  elem: z.object({
    val: z.object({
      concat: z.tuple([z.string(), z.union([z.string(), z.number()]), z.union([z.string(), z.number()])]),
    }),
    expires: z.number(),
    counter: z.object({ packets: z.number() }),
  }),
})
const Listing = z.object({
  nftables: z.array(
    z.object({ set: z.optional(z.object({ timeout: z.number(), elem: z._default(z.array(Element), []) })) }),
  ),
})

/** Connections that the firewall has refused, as its set tells; none when the set is not there. */
export async function readRefusedConnections(
  { table, set, nowMs }: { readonly table: string; readonly set: string; readonly nowMs: number },
  reasonOf: (address: string) => RefusalReason,
): Promise<readonly Refusal[]> {
  // Numbers, as the names of ports and protocols are those of the host.
  const listing = await run('nft', ['--json', '--numeric', 'list', 'set', 'inet', table, set])
  if (listing.exitCode !== 0) return []
  const sets = Listing.parse(JSON.parse(listing.stdout)).nftables.flatMap((entry) => entry.set ?? [])
  return sets.flatMap(({ timeout, elem }) =>
    elem.map(({ elem: { val, expires, counter } }) => {
      const [target, protocol, port] = val.concat
      return {
        kind: 'connection',
        target,
        protocol: protocolNames[Number(protocol)] ?? String(protocol),
        port: Number(port) === 0 ? null : Number(port),
        reason: reasonOf(target),
        count: counter.packets,
        lastAtMs: nowMs - (timeout - expires) * 1000,
      } as const
    }),
  )
}

const protocolNames: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp' }
