import type { NetworkRules, Refusal, RefusalReason, SandboxLink, SandboxSpec, SecretUse } from '@sandyard/protocol'
import type { Layout } from '../layout.ts'
import type { AddressPlan } from './addresses.ts'
import { type Allowance, createAllowance } from './allowance.ts'
import type { NameGuard, NameRules } from './answer.ts'
import { type Closings, createClosings } from './closings.ts'
import { createDeniedNames } from './denied-names.ts'
import { createDomainRules, type DomainRules } from './domains.ts'
import { tableName } from './firewall.ts'
import { type Lookups, lookupsFor } from './lookups.ts'
import { exactDenials, isWider, type NamePolicy, namePolicy } from './name-policy.ts'
import { createOpened, type Opened } from './opened.ts'
import {
  clearedRules,
  closedSet,
  isListed,
  isNarrowed,
  keptOpenRules,
  linkRules,
  narrowedRules,
  openSet,
  refusedSet,
  secretSet,
  takenRules,
  untakenRules,
} from './own-rules.ts'
import { createReach } from './reach.ts'
import { createRefusedNames, type RefusedNames, readRefusedConnections } from './refusals.ts'
import { createRuleWriter, type RuleWriter } from './rule-writer.ts'
import { createSecretive, type Secretive } from './secretive.ts'
import { slotNames } from './slots.ts'

/** A sandbox in its slot. */
export interface Placed {
  readonly slot: number
  readonly spec: Pick<SandboxSpec, 'id' | 'network' | 'link' | 'secrets'>
}

/** Which sandbox is where in the network, and what it may there: firewall and resolver go by it. */
export interface Places extends NameGuard {
  /** Has the rules of a sandbox hold in its slot; before anything of it runs. Throws BAD_REQUEST for wrong rules. */
  enter(placed: Placed): Promise<void>
  /** Changes the rules of a sandbox, also for what is open; names that are allowed before and after stay open. */
  change(slot: number, rules: NetworkRules): Promise<void>
  /** Changes the secrets of a sandbox: from here on connections to their hosts are taken, and no others. */
  changeSecrets(slot: number, secrets: readonly SecretUse[]): Promise<void>
  /** Who sends from an address, when it has secrets; waits like `rulesOf`. */
  secretiveAt(address: string): Promise<Secretive | undefined>
  /** Forgets a slot in which nothing runs any more; its chains and sets go with it. */
  leave(slot: number): Promise<void>
  /** Has the rules of all that runs hold, as after a start of the platform; call it once, before all others. */
  restore(all: readonly Placed[]): Promise<void>
  /** Waits until `restore` has been called: before, nobody is known. */
  rulesOf(address: string): Promise<NameRules | undefined>
  /** What was refused in a slot, the newest first. */
  refused(slot: number): Promise<readonly Refusal[]>
}

/** What it needs. */
export interface PlacesOptions {
  readonly layout: Layout
  readonly plan: AddressPlan
  /** IPv4 CIDRs that are open although they are private */
  readonly openRanges: readonly string[]
  /** IPv4 CIDR that all sandboxes of the machine have their addresses from; absent: the plan's */
  readonly network?: string
  readonly log: { warn(fields: object, message: string): void }
  readonly clock: () => number
  /** asks where a name leads, for names that are denied; absent: nobody can be asked */
  readonly addressesOf?: (name: string) => Promise<readonly string[]>
  /** what writes to the firewall; absent: nft */
  readonly writer?: RuleWriter
}

interface Place {
  readonly slot: number
  /** of the interface */
  readonly name: string
  readonly address: string
  readonly sandboxId: string
  readonly link: SandboxLink | undefined
  rules: NetworkRules
  domains: NamePolicy | null
  readonly opened: Opened
  readonly closings: Closings
  lookups: Lookups | null
  secrets: readonly SecretUse[]
  secretHosts: DomainRules | null
  /** addresses of hosts of its secrets */
  readonly taken: Opened
  readonly refused: RefusedNames
  readonly text: Allowance
}

/** Queries that carry text, of one sandbox: so many a second, and so many at once. */
const textRate = 10
const textBurst = 20

/** ms, whatever is done to the time of day */
const steady = (): number => performance.now()

/** A label of a host name. */
const label = /^[a-z0-9_-]{1,63}$/

/** Makes the places of a platform. */
export function createPlaces(options: PlacesOptions): Places {
  const { layout, plan, openRanges, log, clock, writer = createRuleWriter() } = options
  const { addressesOf = async () => [] } = options
  const deniedNames = createDeniedNames(addressesOf, steady)
  const table = tableName(layout)
  const bySlot = new Map<number, Place>()
  const byAddress = new Map<string, Place>()
  /** the newest of each: one that was stopped and started has two for a while */
  const bySandbox = new Map<string, Place>()
  const restored = Promise.withResolvers<void>()
  const reach = createReach(openRanges, options.network ?? plan.network)
  const listeners = new Set<(address: string) => void>()
  let linkCount = 0

  function put({ slot, spec }: Placed, isInherited: boolean): Place {
    const { name } = slotNames(layout, slot)
    const place: Place = {
      slot,
      name,
      address: plan.address(slot),
      sandboxId: spec.id,
      link: spec.link,
      rules: spec.network,
      domains: namePolicy(spec.network),
      opened: createOpened({ table, set: openSet(name), writer, clock: steady }),
      closings: createClosings({ table, set: closedSet(name), writer, isInherited }),
      lookups: lookupsFor(namePolicy(spec.network), steady),
      secrets: spec.secrets ?? [],
      secretHosts: hostsOf(spec.secrets ?? []),
      taken: createOpened({ table, set: secretSet(name), writer, clock: steady }),
      refused: createRefusedNames(clock),
      text: createAllowance(textRate, textBurst, steady),
    }
    bySlot.set(slot, place)
    byAddress.set(place.address, place)
    bySandbox.set(place.sandboxId, place)
    return place
  }

  /** Lines that make the firewall's pairs those that are; none when there are none and were none. */
  function links(): string[] {
    const pairs = [...bySandbox.values()].flatMap((place) => {
      const other = place.link === undefined ? undefined : bySandbox.get(place.link.sandboxId)
      return other === undefined ? [] : [[place.name, other.name] as const]
    })
    const hadNone = linkCount === 0
    linkCount = pairs.length
    return hadNone && pairs.length === 0 ? [] : linkRules(table, pairs)
  }

  /** Names that a sandbox knows of those that it is linked with. */
  function linked(place: Place, asked: string): string | null | undefined {
    const { link } = place
    if (link !== undefined && isNameOf(asked, link.sandboxId, link.name)) {
      return bySandbox.get(link.sandboxId)?.address ?? null
    }
    for (const other of bySandbox.values()) {
      const isFollower = other.link?.sandboxId === place.sandboxId
      if (isFollower && isNameOf(asked, other.sandboxId, other.link?.ownName ?? '')) return other.address
    }
    return undefined
  }

  function hasLinks(place: Place): boolean {
    return place.link !== undefined || (linkCount > 0 && followers(place))
  }

  function followers({ sandboxId }: Place): boolean {
    return [...bySandbox.values()].some(({ link }) => link?.sandboxId === sandboxId)
  }

  function linesOf(place: Place, keepsSets: boolean): string[] {
    const narrowed = isNarrowed(place.rules)
    return [
      ...clearedRules(table, place.name, { keepsSets: keepsSets && narrowed }),
      ...(narrowed ? narrowedRules(table, place.name, place.rules) : []),
    ]
  }

  function secretLinesOf({ name, secretHosts }: Place, keepsSets: boolean): string[] {
    const hasSecrets = secretHosts !== null
    return [
      ...untakenRules(table, name, { keepsSets: keepsSets && hasSecrets }),
      ...(hasSecrets ? takenRules(table, name) : []),
    ]
  }

  const isHere = (place: Place): boolean => bySlot.get(place.slot) === place

  async function open(place: Place, name: string, addresses: readonly string[]): Promise<void> {
    await Promise.all([
      place.domains?.mode === 'listed' ? place.opened.open(name, addresses) : undefined,
      place.rules.denyDomains === undefined ? undefined : place.closings.spare(name, addresses),
      place.secretHosts?.allows(name) === true ? place.taken.open(name, addresses) : undefined,
    ])
  }

  function tellChange({ address }: Place): void {
    for (const listener of listeners) listener(address)
  }

  /** What denied names have closed from now on, as far as it is known; to be written after `linesOf`. */
  function shutLinesOf({ name, rules, domains, closings }: Place): string[] {
    const known = deniedNames.known(exactDenials(rules))
    const shut = closings.change((asked) => domains?.denies(asked) === true, known)
    return isNarrowed(rules) ? keptOpenRules(table, closedSet(name), shut) : []
  }

  /** Has those addresses closed that denied names lead to, as far as these can be looked up. */
  async function closeDenied(place: Place, names: readonly string[]): Promise<void> {
    const { rules, closings } = place
    // What comes late must not close anything to whoever has its slot then, or under other rules.
    const isStill = (): boolean => isHere(place) && place.rules === rules
    await deniedNames.close(names, {
      close: async (addresses) => (isStill() ? await closings.close(addresses) : undefined),
    })
  }

  function denies(place: Place, name: string): boolean {
    if (place.domains?.denies(name) !== true) return false
    // It may lead elsewhere by now.
    if (place.rules.denyDomains?.includes(name)) refreshDenied(place, [name])
    return true
  }

  function refreshDenied(place: Place, names: readonly string[]): void {
    closeDenied(place, names).catch((fault: unknown) =>
      log.warn({ fault: String(fault) }, 'addresses of a denied name could not be closed'),
    )
  }

  function whyRefused({ domains }: Place, address: string): RefusalReason | null {
    if (domains?.mode === 'but') return null
    if (!reach.isOpen(address)) return 'private-address'
    if (domains?.isDenied(address) === true) return 'denied'
    return domains?.hasOpen(address) === false ? 'not-allowed' : null
  }

  function nameRules(place: Place): NameRules {
    return {
      get mode() {
        return place.domains?.mode ?? 'open'
      },
      denies: (name) => denies(place, name),
      // An answer can come when the sandbox has left, and another one has its slot and its set of open addresses.
      allows: (name) => isHere(place) && (place.domains?.allows(name) ?? true),
      isSecretHost: (name) => place.secretHosts?.allows(name) === true,
      linked: (name) => linked(place, name),
      refuses: (address) => whyRefused(place, address),
      lookUp: (name, ask) => (place.lookups === null ? ask() : place.lookups.lookUp(name, ask)),
      open: (name, addresses) => open(place, name, addresses),
      takeText: (name) => place.text.take() && place.lookups?.take(name) !== false,
      refused: place.refused.note,
    }
  }

  return {
    async enter(placed) {
      const place = put(placed, false)
      const own = [
        ...(isNarrowed(place.rules) ? [...linesOf(place, false), ...shutLinesOf(place)] : []),
        ...(place.secretHosts === null ? [] : secretLinesOf(place, false)),
      ]
      const lines = [...own, ...links()]
      if (lines.length > 0) await writer.write(lines)
      await closeDenied(place, exactDenials(place.rules))
    },
    async change(slot, rules) {
      const place = bySlot.get(slot)
      if (place === undefined) throw new Error(`There is no sandbox in slot ${slot}`)
      const before = place.rules
      place.domains = namePolicy(rules)
      place.rules = rules
      place.lookups = lookupsFor(place.domains, steady)
      tellChange(place)
      const kept = place.opened.keep(place.domains)
      // What was opened before the platform's last start is known to the firewall alone.
      const closing =
        isNarrowed(rules) && !isWider(before, rules) ? keptOpenRules(table, openSet(place.name), kept) : []
      await writer.write([...linesOf(place, true), ...closing, ...shutLinesOf(place)])
      await closeDenied(place, exactDenials(rules))
    },
    async changeSecrets(slot, secrets) {
      const place = bySlot.get(slot)
      if (place === undefined) throw new Error(`There is no sandbox in slot ${slot}`)
      const hadNone = place.secretHosts === null
      place.secrets = secrets
      place.secretHosts = hostsOf(secrets)
      if (hadNone && place.secretHosts === null) return
      tellChange(place)
      // What the set had before the platform's last start goes too: it is taken again when it is asked for.
      const kept = place.taken.keep(place.secretHosts)
      const closing = place.secretHosts === null ? [] : keptOpenRules(table, secretSet(place.name), kept)
      await writer.write([...secretLinesOf(place, true), ...closing])
    },
    async secretiveAt(address) {
      await restored.promise
      const place = byAddress.get(address)
      if (place === undefined || place.secretHosts === null) return undefined
      return createSecretive(place, () => isHere(place), reach)
    },
    async leave(slot) {
      const place = bySlot.get(slot)
      if (place === undefined) return
      bySlot.delete(slot)
      byAddress.delete(place.address)
      if (bySandbox.get(place.sandboxId) === place) bySandbox.delete(place.sandboxId)
      // Also what it had while it had secrets: the other end is gone without a word.
      tellChange(place)
      const lines = links()
      if (lines.length > 0) await writer.write(lines)
    },
    async restore(all) {
      const places = all.map((placed) => put(placed, true))
      const lines = (keepsSets: boolean) =>
        places.flatMap((place) => [
          ...linesOf(place, keepsSets),
          ...(place.secretHosts === null ? [] : secretLinesOf(place, keepsSets)),
        ])
      // What a crash has left of secrets that are not in the record is not gone by; it goes with the slot.
      const cleared = [...linkRules(table, []), `flush map inet ${table} secretive`]
      await writer.write([...cleared, ...lines(true), ...links()]).catch(async (fault: unknown) => {
        log.warn({ fault: String(fault) }, 'addresses that names had opened are closed until they are asked for again')
        await writer.write([...cleared, ...lines(false), ...links()])
      })
      restored.resolve()
      for (const place of places) refreshDenied(place, exactDenials(place.rules))
    },
    async rulesOf(address) {
      await restored.promise
      const place = byAddress.get(address)
      const isFree = place === undefined || (place.domains === null && place.secretHosts === null && !hasLinks(place))
      return isFree ? undefined : nameRules(place)
    },
    onChange: (listener) => void listeners.add(listener),
    async refused(slot) {
      const place = bySlot.get(slot)
      if (place === undefined) return []
      if (!isNarrowed(place.rules)) return place.refused.list().toReversed()
      const source = { table, set: refusedSet(place.name), nowMs: clock() }
      const connections = await readRefusedConnections(source, (address) => whyClosed(place, address))
      return [...place.refused.list(), ...connections].sort((one, other) => other.lastAtMs - one.lastAtMs)
    },
  }
}

function whyClosed({ rules, domains, closings }: Place, address: string): RefusalReason {
  const isDenied = !isListed(rules) || domains?.isDenied(address) === true || closings.has(address)
  return isDenied ? 'denied' : 'not-allowed'
}

function hostsOf(secrets: readonly SecretUse[]): DomainRules | null {
  return secrets.length === 0 ? null : createDomainRules(secrets.flatMap(({ hosts }) => hosts))
}

function isNameOf(asked: string, id: string, name: string): boolean {
  const folded = name.toLowerCase()
  return asked === id.toLowerCase() || (label.test(folded) && asked === folded)
}
