import type { RefusalReason } from '@sandyard/protocol'
import type { Answered } from './ask.ts'
import {
  formatMalformed,
  formatReply,
  type Lead,
  outcomes,
  parseQuery,
  type Query,
  type Reply,
  type Response,
  recordTypes,
} from './dns-message.ts'
import type { NameMode } from './name-policy.ts'

/** What a sandbox with rules of its own may know, and where it is noted what it may not. */
export interface NameRules {
  /** `open`: there is no limit by names, all but those of linked sandboxes are asked for as they are */
  readonly mode: NameMode | 'open'
  /** whether it may ask for a name now */
  allows(name: string): boolean
  /** Whether a list of what is denied has the name; notes that somebody has asked for it. */
  denies(name: string): boolean
  /** Whether it is a host of a secret: connections there are taken, so it must be known where that is. */
  isSecretHost(name: string): boolean
  /** Address of a linked sandbox: `null` while it does not run, `undefined` for a name of nobody. */
  linked(name: string): string | null | undefined
  /** Why it is not told an address that a name leads to, or `null`. */
  refuses(address: string): RefusalReason | null
  /** What `ask` gives for the addresses of a name, or has given before; `null` when too much was asked for. */
  lookUp(name: string, ask: () => Promise<Answered | undefined>): Promise<Answered | undefined | null>
  /** Opens addresses that a name has led to; rejects when there is no room. */
  open(name: string, addresses: readonly string[]): Promise<void>
  /** Whether one more query of a kind that carries text may go on now. */
  takeText(name: string): boolean
  /** Notes what was refused. */
  refused(name: string, type: number, reason: RefusalReason): void
}

/** Who may know what. */
export interface NameGuard {
  /** Rules of whoever sends from an address; `undefined`: it may know everything. */
  rulesOf(address: string): Promise<NameRules | undefined>
  /** Calls the listener with the address of each sender whose rules change. */
  onChange(listener: (address: string) => void): void
}

/** Longest time that a sandbox may keep an answer, s; what it names stays open for longer. */
const mostTtl = 300
/** Addresses of one answer that are opened, and aliases on the way to them. */
const mostAddresses = 32
const mostAliases = 16
/** The same for a name that anybody runs, and how long it is told to last, s. */
const mostWithin = 8
const withinTtl = 60
/** Kinds that may be asked for an allowed name, at a low rate: they carry text both ways. */
const textTypes: ReadonlySet<number> = new Set([
  recordTypes.NS,
  recordTypes.CNAME,
  recordTypes.SOA,
  recordTypes.PTR,
  recordTypes.MX,
  recordTypes.TXT,
  recordTypes.SRV,
  recordTypes.CAA,
])
/** AAAA, SVCB and HTTPS: nothing is said of addresses but by A, as there is no IPv6. */
const emptyTypes: ReadonlySet<number> = new Set([recordTypes.AAAA, 64, 65])
/** Longest TTL of a linked sandbox, s: it has another address after a stop. */
const linkedTtl = 1

/**
 * Answers a query of a sandbox with rules. Its own words never go further: what is allowed is asked anew, and only the
 * way from the name to addresses comes back, after those were opened. `'pass'`: this query needs no look at all;
 * `undefined`: it is not worth an answer.
 */
export async function answer(
  rules: NameRules,
  message: Buffer,
  mostBytes: number | null,
  ask: (query: Query) => Promise<Answered | undefined>,
): Promise<Buffer | 'pass' | undefined> {
  const query = parseQuery(message)
  if (query === undefined) return rules.mode === 'open' ? 'pass' : formatMalformed(message)
  const reply = (what: Reply): Buffer => formatReply(query, what, mostBytes ?? query.udpBytes)
  const linked = rules.linked(query.name)
  if (linked !== undefined) return reply({ outcome: outcomes.good, leads: leadTo(query, linked) })
  const isAddress = query.type === recordTypes.A || emptyTypes.has(query.type)
  if (rules.mode === 'open' && !(isAddress && rules.isSecretHost(query.name))) return 'pass'
  const refuse = (reason: RefusalReason, outcome: number): Buffer => {
    // Whoever looks for addresses asks for all kinds of them.
    rules.refused(query.name, isAddress ? recordTypes.A : query.type, reason)
    return reply({ outcome, isFiltered: true })
  }
  // Programs give up at once when there is no such name; when they are refused, many ask again.
  if (rules.denies(query.name)) return refuse('denied', isAddress ? outcomes.noName : outcomes.refused)
  if (!rules.allows(query.name)) return refuse('not-allowed', isAddress ? outcomes.noName : outcomes.refused)
  if (emptyTypes.has(query.type)) return reply({ outcome: outcomes.good })
  if (!isAddress) {
    if (rules.mode === 'but') return 'pass'
    if (rules.mode === 'within' || !textTypes.has(query.type)) return refuse('query-type', outcomes.refused)
    if (!rules.takeText(query.name)) return refuse('too-many', outcomes.refused)
    return textReply(query, mostBytes ?? query.udpBytes, await ask(query))
  }
  const answered = await rules.lookUp(query.name, () => ask(query))
  if (answered === null) return refuse('too-many', outcomes.refused)
  if (answered === undefined) return reply({ outcome: outcomes.failed })
  const { response } = answered
  if (response.outcome !== outcomes.good) return reply({ outcome: response.outcome })
  const { leads, addresses } = follow(query.name, response)
  if (leads.some((lead) => lead.kind === 'alias' && rules.denies(lead.target))) return refuse('denied', outcomes.noName)
  const refused = addresses.map(rules.refuses)
  const open = addresses.filter((_, index) => refused[index] === null)
  const why = refused.find((reason) => reason !== null)
  const isWithin = rules.mode === 'within'
  if (isWithin && open.length === 0 && why != null) return refuse(why, outcomes.noName)
  if (!isWithin && why != null) rules.refused(query.name, query.type, why)
  // Whoever has changed the rules meanwhile must not find it opened.
  if (!rules.allows(query.name)) return refuse('not-allowed', outcomes.noName)
  try {
    if (open.length > 0) await rules.open(query.name, open)
  } catch {
    return reply({ outcome: outcomes.failed }) // Who opens says why.
  }
  if (isWithin) return reply({ outcome: outcomes.good, leads: plainLeads(query.name, open) })
  const kept = leads.filter((lead) => lead.kind === 'alias' || open.includes(lead.address))
  return reply({ outcome: outcomes.good, leads: open.length === 0 ? [] : kept })
}

/** Addresses that whoever runs the name had no say in but that they are these: no aliases, no order, no times. */
function plainLeads(name: string, addresses: readonly string[]): readonly Lead[] {
  const few = [...new Set(addresses)].sort().slice(0, mostWithin)
  return few.map((address) => ({ kind: 'address', name, ttl: withinTtl, address }))
}

function leadTo({ name, type }: Query, address: string | null): readonly Lead[] {
  return address === null || type !== recordTypes.A ? [] : [{ kind: 'address', name, ttl: linkedTtl, address }]
}

/** The way from a name to its addresses, in the order in which it leads there. */
export function follow(asked: string, { leads }: Response): { leads: readonly Lead[]; addresses: readonly string[] } {
  const way: Lead[] = []
  let name = asked
  for (let count = 0; count < mostAliases; count++) {
    const alias = leads.find((lead) => lead.kind === 'alias' && lead.name === name)
    if (alias?.kind !== 'alias' || way.includes(alias)) break
    way.push({ ...alias, ttl: Math.min(alias.ttl, mostTtl) })
    name = alias.target
  }
  const ends = leads.filter((lead) => lead.kind === 'address' && lead.name === name).slice(0, mostAddresses)
  const addresses = ends.flatMap((lead) => (lead.kind === 'address' ? [lead.address] : []))
  return { leads: [...way, ...ends.map((lead) => ({ ...lead, ttl: Math.min(lead.ttl, mostTtl) }))], addresses }
}

/** The name server's own words, to the asker's question; cut off when they do not fit. */
function textReply(query: Query, mostBytes: number, answered: Answered | undefined): Buffer {
  if (answered === undefined) return formatReply(query, { outcome: outcomes.failed }, mostBytes)
  const { message, response } = answered
  if (message.length > mostBytes) return cutReply(query, response)
  const copy = Buffer.from(message)
  copy.writeUInt16BE(query.id, 0)
  // Askers that vary the letters of their question look for the same ones.
  query.question.copy(copy, 12)
  return copy
}

function cutReply(query: Query, { outcome }: Response): Buffer {
  const reply = formatReply(query, { outcome }, mostReply)
  reply.writeUInt16BE(reply.readUInt16BE(2) | 0x0200, 2)
  return reply
}

const mostReply = 0xffff
