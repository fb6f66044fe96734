import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { limits, PlatformError } from '@sandyard/protocol'
import type { Log } from '../log.ts'
import { randomText } from '../random.ts'
import type { Feed, SandboxChange } from '../sandboxes/feed.ts'
import type { DomainPatch, DomainRecord, DomainStore } from '../store/domains.ts'
import type { Proof, Prove } from './proof.ts'

/** What a domain of a user leads to. */
export interface DomainTarget {
  readonly sandboxId: string
  readonly port: number
}

/** Domains of users. */
export interface Domains {
  /** Where a host leads, when it is an active domain. */
  target(host: string): DomainTarget | null
  /** Names of all active ones. */
  names(): string[]
  /** Calls the listener when one becomes active, or is active no more. */
  onChange(listener: () => void): void
  attach(
    owner: { readonly organizationId: string },
    target: DomainTarget & { readonly domain: string },
  ): Promise<DomainRecord>
  /** Looks for the proof, within seconds, also of one that has failed. Throws NOT_FOUND. */
  check(organizationId: string, target: Pick<DomainRecord, 'domain' | 'sandboxId'>): Promise<DomainRecord>
  /** `false`: the sandbox has none of this name. */
  detach(sandboxId: string, domain: string): Promise<boolean>
  /** Begins to look for those that are due, and removes those of sandboxes that are gone; called in each round. */
  round(): Promise<void>
  /** Waits for what is under way. */
  close(): Promise<void>
}

/** What it needs. */
interface Parts {
  readonly store: DomainStore
  readonly prove: Prove
  readonly feed: Pick<Feed<SandboxChange>, 'subscribe'>
  readonly clock: () => number
  readonly log: Log
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** An active one is looked at so often, and stays active so long without its proof, or without an answer of DNS. */
const active = { everyMs: hourMs, absentMs: 24 * hourMs, unknownMs: 7 * 24 * hourMs }
/** Checks without a proof after which nobody looks any more: about a week. */
const mostChecks = 180
const checksAtOnce = 5
const dueAtOnce = 50
/** A user who asks for a look waits until the one before is so long ago: each is a question to somebody's name servers. */
const askedMs = 2_000

/** Reads those that are active and makes the rest. */
export async function createDomains({ store, prove, feed, clock, log }: Parts): Promise<Domains> {
  const targets = new Map<string, DomainTarget>()
  const listeners: (() => void)[] = []
  /** looks that users wait for, by the domain's id: who asks meanwhile gets the same */
  const asked = new Map<string, Promise<DomainRecord>>()
  let working: Promise<void> = Promise.resolve()
  let isWorking = false
  let isClosed = false

  const changed = () => {
    for (const listener of listeners) listener()
  }

  async function load(): Promise<void> {
    const all = await store.active()
    targets.clear()
    for (const { domain, sandboxId, port } of all) targets.set(domain, { sandboxId, port })
    changed()
  }

  /** Keeps in memory what was written. */
  function keep({ domain, state, sandboxId, port }: DomainRecord): void {
    if (state === 'active') targets.set(domain, { sandboxId, port })
    else targets.delete(domain)
    changed()
  }

  feed.subscribe(({ after }) => {
    if (after.desiredState !== 'destroyed') return
    for (const [name, { sandboxId }] of targets) if (sandboxId === after.id) targets.delete(name)
  })

  async function settle(before: DomainRecord, patch: DomainPatch): Promise<DomainRecord | undefined> {
    const nowMs = clock()
    const settled = await store.settle(before, { ...patch, checkedAtMs: nowMs }, nowMs)
    if (settled === undefined) return undefined
    if (before.state !== settled.state) {
      log.info({ domain: settled.domain, state: settled.state, reason: settled.reason }, 'a domain has changed')
      keep(settled)
    }
    return settled
  }

  /** Who has proven that the domain is his now takes it from an organization that cannot prove it any more. */
  async function takeOver(domain: DomainRecord): Promise<boolean> {
    const holder = await store.holder(domain.domain)
    if (holder === undefined || holder.id === domain.id) return true
    if ((await prove(holder)).kind !== 'absent') return false
    const reason = 'Another organization has proven that this domain is theirs'
    await settle(holder, { state: 'failed', reason, checks: 0, nextCheckAtMs: null })
    return true
  }

  async function look(domain: DomainRecord): Promise<DomainRecord> {
    const proof = await prove(domain)
    const isTaken = proof.kind === 'proven' && !(await takeOver(domain))
    const patch = after(domain, isTaken ? taken : proof, clock())
    return (await settle(domain, patch)) ?? domain
  }

  async function lookSoon({ id, organizationId, domain, checkedAtMs }: DomainRecord): Promise<DomainRecord> {
    const waitMs = (checkedAtMs ?? 0) + askedMs - clock()
    if (waitMs > 0) await delay(waitMs)
    const found = await store.find(organizationId, domain)
    if (found?.id !== id) throw new PlatformError('NOT_FOUND', `Domain ${domain} not found`)
    if (found.state !== 'failed') return look(found)
    const again = await settle(found, { state: 'pending', reason: null, checks: 0, nextCheckAtMs: clock() })
    return look(again ?? found)
  }

  async function work(): Promise<void> {
    const due = await store.due(clock(), dueAtOnce)
    const next = async (): Promise<void> => {
      for (let domain = due.shift(); domain !== undefined && !isClosed; domain = due.shift()) {
        await look(domain).catch((error: unknown) => log.error({ error }, 'a domain could not be checked'))
      }
    }
    await Promise.all(Array.from({ length: checksAtOnce }, next))
  }

  await load()
  return {
    target: (host) => (targets.size === 0 ? null : (targets.get(hostName(host)) ?? null)),
    names: () => [...targets.keys()],
    onChange: (listener) => void listeners.push(listener),
    async attach({ organizationId }, { domain, sandboxId, port }) {
      const nowMs = clock()
      const attached = await store.attach(
        {
          ...{ id: randomUUID(), organizationId, sandboxId, domain, port, proof: `sandyard-${randomText(32)}` },
          ...{ state: 'pending', reason: null, checks: 0, checkedAtMs: null, provenAtMs: null },
          ...{ nextCheckAtMs: nowMs, createdAtMs: nowMs, updatedAtMs: nowMs },
        },
        limits.domainCount,
      )
      if (attached === 'full') {
        throw new PlatformError('FORBIDDEN', `An organization can have at most ${limits.domainCount} domains`)
      }
      if (attached.state === 'active') keep(attached)
      return attached
    },
    async check(organizationId, { domain, sandboxId }) {
      const found = await store.find(organizationId, domain)
      if (found === undefined || found.sandboxId !== sandboxId) {
        throw new PlatformError('NOT_FOUND', `Domain ${domain} not found`)
      }
      const answer = asked.get(found.id) ?? lookSoon(found).finally(() => asked.delete(found.id))
      asked.set(found.id, answer)
      return answer
    },
    async detach(sandboxId, domain) {
      if (!(await store.remove(sandboxId, domain))) return false
      if (targets.get(domain)?.sandboxId === sandboxId) targets.delete(domain)
      changed()
      return true
    },
    async round() {
      if (await store.removeOrphans()) await load()
      if (isWorking || isClosed) return
      isWorking = true
      working = work()
        .catch((error: unknown) => log.error({ error }, 'domains could not be checked'))
        .finally(() => {
          isWorking = false
        })
    },
    async close() {
      isClosed = true
      await working
    },
  }
}

const taken: Proof = { kind: 'absent', reason: 'Another organization has proven that this domain is theirs' }

/** What a proof, or none, makes of a domain. */
function after(domain: DomainRecord, proof: Proof, nowMs: number): DomainPatch {
  if (proof.kind === 'proven') {
    return { state: 'active', reason: null, checks: 0, nextCheckAtMs: nowMs + active.everyMs, provenAtMs: nowMs }
  }
  const { reason } = proof
  const checks = domain.checks + 1
  if (domain.state === 'active') {
    const patience = proof.kind === 'absent' ? active.absentMs : active.unknownMs
    const isOver = nowMs - (domain.provenAtMs ?? 0) > patience
    if (isOver) return { state: 'failed', reason, checks: 0, nextCheckAtMs: null }
    return { state: 'active', reason, checks, nextCheckAtMs: nowMs + active.everyMs }
  }
  if (checks >= mostChecks) return { state: 'failed', reason, checks, nextCheckAtMs: null }
  const waitMs = Math.min(hourMs, 10_000 * 1.5 ** Math.min(checks, 20))
  return { state: 'pending', reason, checks, nextCheckAtMs: Math.round(nowMs + waitMs) }
}

/** A Host header without its port, as names are kept. */
function hostName(host: string): string {
  return host
    .toLowerCase()
    .replace(/:[0-9]+$/, '')
    .replace(/\.$/, '')
}
