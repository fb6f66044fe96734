import { X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { Log } from '../../log.ts'
import { oldestTls } from '../certificates.ts'
import type { AcmeFiles } from './files.ts'
import { type ChallengeKind, challengeKinds, type Issue } from './issue.ts'

/** Which names may have certificates. */
export interface Names {
  /** those that are to have one now */
  wanted(): readonly string[]
  /** True for one that gets its certificate when somebody opens it. */
  isOnDemand(name: string): Promise<boolean>
  /** whose share a name takes: a sandbox's of those made on demand, else that of a domain with all below it */
  ownerOf(name: string): string
}

/** Certificates that an authority has made, and will make anew in time. */
export interface AcmeCertificates {
  /** The one for a name, when there is one. */
  match(name: string): SecureContext | null
  /** The same; made now for a name that may have one. Resolves with null when there is none in time. */
  obtain(name: string): Promise<SecureContext | null>
  /** Calls the listener with the first one that there is, now or when it is made, and whenever that changes. */
  onFirst(listener: (pem: string) => void): void
  /** Looks what is to be made or renewed; it is called by itself too. */
  look(): Promise<void>
  close(): Promise<void>
}

/** What it needs. */
interface Parts {
  readonly files: AcmeFiles
  readonly issue: Issue
  readonly names: Names
  /** the kind that is tried first; after a failure the other one is */
  readonly firstKind: ChallengeKind
  readonly clock: () => number
  readonly log: Log
  readonly lookEveryMs?: number
}

interface Kept {
  readonly pem: string
  readonly context: SecureContext
  readonly renewAtMs: number
  readonly madeAtMs: number
}

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
/** Longest time for one certificate. */
const issueMs = 3 * minuteMs
/** A handshake waits so long for a certificate that is being made. */
const waitMs = 20_000
const mostWaiting = 100
const atOnce = 2
/** Names that get one on demand, of all in a week: authorities allow about 50 for one domain. */
const onDemandInWeek = 40
/** The same of one owner: whoever knows one sandbox can ask for every port of it. */
const ownedInWeek = 5
/** Certificates that are begun in an hour. Users and strangers decide on new ones: these keep nothing from being renewed. */
const mostInHour = { renewal: 60, wanted: 40, onDemand: 20 }
/** New ones of one owner in an hour. */
const ownedInHour = 10
/** Longest name, so that its file has a name too. */
const longestName = 240
const nameForm = /^(?=.{3,240}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/

/** Makes it, with what was kept. */
export function createAcmeCertificates(parts: Parts): AcmeCertificates {
  const { files, issue, names, clock, log } = parts
  const kept = new Map<string, Kept>()
  const tries = new Map(files.tries)
  const making = new Map<string, Promise<SecureContext | null>>()
  const listeners: ((pem: string) => void)[] = []
  const queue: (() => void)[] = []
  /** when the last ones were begun, epoch ms */
  let begun: { readonly atMs: number; readonly kind: keyof typeof mostInHour; readonly owner: string }[] = []
  /** when the log was told of one that is not made */
  let toldAtMs = 0
  let running = 0
  let waiting = 0
  let isClosed = false

  for (const [name, pem] of files.certificates) {
    try {
      kept.set(name, read(pem, 0))
    } catch (error) {
      log.error({ error, name }, 'a certificate that was kept cannot be used; another will be made')
    }
  }

  async function turn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= atOnce) await new Promise<void>((resolve) => queue.push(resolve))
    running += 1
    try {
      return await work()
    } finally {
      running -= 1
      queue.shift()?.()
    }
  }

  /** Why a name gets none now; null: it does. */
  function hindrance(name: string, isNew: boolean): string | null {
    if (isClosed) return 'the platform is ending'
    const last = tries.get(name)
    if (last !== undefined && Math.abs(clock() - last.atMs) < pauseMs(last.count)) return 'the last try has failed'
    begun = begun.filter(({ atMs }) => Math.abs(clock() - atMs) < 60 * minuteMs)
    const wanted = new Set(names.wanted())
    const owner = names.ownerOf(name)
    const kind = kindOf(name, isNew, wanted)
    const same = begun.filter((one) => one.kind === kind)
    if (same.length >= mostInHour[kind]) return `${same.length} were begun in the last hour`
    if (kind === 'renewal') return null
    const owned = same.filter((one) => one.owner === owner).length
    if (owned >= ownedInHour) return `${owned} of the same owner were begun in the last hour`
    if (kind === 'wanted') return null
    const since = clock() - 7 * dayMs
    const isMade = (other: string): boolean => (kept.get(other)?.madeAtMs ?? 0) > since
    const isTried = (other: string): boolean => other !== name && !kept.has(other)
    const others = [...[...kept.keys()].filter(isMade), ...[...tries.keys()].filter(isTried)]
    const onDemand = others.filter((other) => !wanted.has(other))
    if (onDemand.length >= onDemandInWeek) return `${onDemandInWeek} previews have got one this week already`
    const isFull = onDemand.filter((other) => names.ownerOf(other) === owner).length >= ownedInWeek
    return isFull ? `${ownedInWeek} previews of this sandbox have got one this week already` : null
  }

  async function make(name: string): Promise<SecureContext | null> {
    const count = tries.get(name)?.count ?? 0
    // Counted before it begins: whoever crashes in it is not to ask for the same again and again.
    tries.set(name, { count: count + 1, atMs: clock() })
    await files.writeTries(tries)
    const others = challengeKinds.filter((kind) => kind !== parts.firstKind)
    const kinds = count % 2 === 0 ? [parts.firstKind, ...others] : [...others, parts.firstKind]
    try {
      const pem = await within(issueMs, issue(name, kinds))
      const made = read(pem, clock())
      if (new X509Certificate(certificateOf(pem)).checkHost(name) === undefined) {
        throw new Error('The certificate is for another name')
      }
      await files.writeCertificate(name, pem)
      kept.set(name, made)
      tries.delete(name)
      await files.writeTries(tries)
      log.info({ name, renewAt: new Date(made.renewAtMs).toISOString() }, 'a certificate was made')
      tellFirst()
      return made.context
    } catch (error) {
      const again = new Date(clock() + pauseMs(count + 1)).toISOString()
      const has = kept.has(name) ? 'the one before stays in use' : 'there is none'
      log.error({ error, name, again }, `a certificate could not be made; ${has}`)
      return kept.get(name)?.context ?? null
    }
  }

  function start(name: string, isNew: boolean): Promise<SecureContext | null> {
    const under = making.get(name)
    if (under !== undefined) return under
    const reason = hindrance(name, isNew)
    if (reason !== null) {
      // Strangers can ask as often as they like.
      if (isNew && Math.abs(clock() - toldAtMs) >= minuteMs) {
        toldAtMs = clock()
        log.info({ name, reason }, 'no certificate is made now')
      }
      return Promise.resolve(null)
    }
    const kind = kindOf(name, isNew, new Set(names.wanted()))
    begun.push({ atMs: clock(), kind, owner: names.ownerOf(name) })
    const work = turn(() => make(name)).finally(() => making.delete(name))
    making.set(name, work)
    return work
  }

  async function look(): Promise<void> {
    const wanted = new Set(names.wanted().filter((name) => nameForm.test(name)))
    for (const name of wanted) if (!kept.has(name)) start(name, true).catch(tellFault)
    for (const [name, { renewAtMs }] of [...kept]) {
      if (clock() < renewAtMs) continue
      if (wanted.has(name) || (await names.isOnDemand(name))) start(name, false).catch(tellFault)
      else {
        kept.delete(name)
        await files.removeCertificate(name)
      }
    }
    // What nobody wants any more is not to be remembered for ever.
    const old = [...tries].filter(([name, { atMs }]) => !wanted.has(name) && clock() - atMs > 2 * dayMs)
    for (const [name] of old) tries.delete(name)
    if (old.length > 0) await files.writeTries(tries)
  }

  function tellFault(error: unknown): void {
    log.error({ error }, 'certificates could not be looked after')
  }

  function tellFirst(): void {
    const name = names.wanted().find((wanted) => kept.has(wanted)) ?? [...kept.keys()][0]
    const first = name === undefined ? undefined : kept.get(name)
    if (first !== undefined) for (const listener of listeners) listener(first.pem)
  }

  const timer = setInterval(() => look().catch(tellFault), parts.lookEveryMs ?? minuteMs).unref()

  return {
    match: (name) => kept.get(name.toLowerCase())?.context ?? null,
    async obtain(text) {
      const name = text.toLowerCase()
      if (name.length > longestName || !nameForm.test(name)) return null
      const known = kept.get(name)
      if (known !== undefined) return known.context
      if (waiting >= mostWaiting) return null
      waiting += 1
      try {
        const may = making.has(name) || names.wanted().includes(name) || (await names.isOnDemand(name))
        return may ? await within(waitMs, start(name, true)).catch(() => null) : null
      } finally {
        waiting -= 1
      }
    },
    onFirst(listener) {
      listeners.push(listener)
      tellFirst()
    },
    look,
    async close() {
      isClosed = true
      clearInterval(timer)
    },
  }
}

function kindOf(name: string, isNew: boolean, wanted: ReadonlySet<string>): keyof typeof mostInHour {
  if (!isNew) return 'renewal'
  return wanted.has(name) ? 'wanted' : 'onDemand'
}

/** Time until the next try after so many failures: a minute, four, and at the most a day. */
function pauseMs(count: number): number {
  return Math.min(dayMs, minuteMs * 4 ** Math.min(count - 1, 8))
}

/**
 * When two thirds of its life are over. By a clock that is wrong that may be at once, so a new one is used for a third of
 * its life, or a day, in any case.
 * @param madeAtMs when it was made, by this machine's clock; 0: not known
 */
function read(pem: string, madeAtMs: number): Kept {
  const { validFromDate, validToDate } = new X509Certificate(certificateOf(pem))
  const fromMs = validFromDate.getTime()
  const lifeMs = Math.max(0, validToDate.getTime() - fromMs)
  const renewAtMs = Math.max(fromMs + (2 / 3) * lifeMs, madeAtMs + Math.min(lifeMs / 3, dayMs))
  const context = createSecureContext({ key: pem, cert: certificateOf(pem), minVersion: oldestTls })
  return { pem, context, renewAtMs, madeAtMs: Math.max(madeAtMs, fromMs) }
}

/** The chain of a text that begins with the key. */
function certificateOf(pem: string): string {
  return pem.slice(Math.max(0, pem.indexOf('-----BEGIN CERTIFICATE-----')))
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`It took longer than ${ms / 1000} seconds`)), ms)
  timer.unref() // it waits for work that keeps the process itself
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
