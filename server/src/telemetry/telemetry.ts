import { mkdirSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Engine, LogEntry, SandboxUse } from '@sandyard/protocol'
import type { Log } from '../log.ts'
import type { Feed, SandboxChange } from '../sandboxes/feed.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import type { SandboxStore } from '../store/sandboxes.ts'
import { createJournal } from './journal.ts'
import { readSamples, type Sample, writeSample } from './ring.ts'
import { type Series, toSeries } from './series.ts'

/** Files that nobody has written to for so long are looked at: their sandbox may be gone, ms. */
const untouchedMs = 25 * 3600 * 1000
const tidyEveryMs = 3600 * 1000
/** Files that are written at a time. */
const writers = 4

/** What sandboxes have used and what has happened to them. */
export interface Telemetry {
  /** Takes a sample of all that run; a second call while one is under way does nothing. */
  sample(): Promise<void>
  /** Samples from here on by itself. */
  start(): void
  metrics(sandboxId: string, range: Range, names: readonly string[]): Promise<Series[]>
  logs(sandbox: SandboxRecord, range: Range): Promise<LogEntry[]>
  /** Removes what is left of sandboxes that are long gone; does something once an hour. */
  tidy(): Promise<void>
  close(): Promise<void>
}

/** A time, epoch ms, both ends included. */
export interface Range {
  readonly fromMs: number
  readonly toMs: number
}

/** What it needs. */
interface Parts {
  readonly engine: Pick<Engine, 'measure'>
  readonly sandboxes: Pick<SandboxStore, 'byId'>
  readonly feed: Feed<SandboxChange>
  /** of the server's files */
  readonly folder: string
  readonly sampleSeconds: number
  readonly clock: () => number
  readonly log: Log
}

type Limits = Pick<SandboxRecord, 'cpu' | 'memoryGib' | 'diskGib'>

/** Makes the part that keeps the past of sandboxes, in a folder `telemetry`. Nothing is sampled before `start`. */
export function createTelemetry(parts: Parts): Telemetry {
  const { engine, sandboxes, feed, sampleSeconds, clock, log } = parts
  const folder = join(parts.folder, 'telemetry')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const journal = createJournal({ folder, feed, log })
  const fileOf = (sandboxId: string): string => join(folder, `${sandboxId}.ring`)
  /** of those that run; what the last sample was compared with goes with a stop */
  const limitsOf = new Map<string, Limits>()
  const lastUse = new Map<string, { use: SandboxUse; atMs: number }>()
  let timer: NodeJS.Timeout | undefined
  let underWay: Promise<void> | undefined
  let tidiedAtMs = 0

  const unsubscribe = feed.subscribe(({ after }) => {
    if (after.state === 'started') {
      if (limitsOf.has(after.id)) limitsOf.set(after.id, after)
      return
    }
    limitsOf.delete(after.id)
    lastUse.delete(after.id)
  })

  /** Of a sandbox made ahead nothing is kept: it is nobody's, and what is measured of it is not its owner's. */
  async function findLimits(id: string): Promise<Limits | undefined> {
    const known = limitsOf.get(id)
    if (known !== undefined) return known
    const sandbox = await sandboxes.byId(id)
    if (sandbox?.state !== 'started') return undefined
    limitsOf.set(id, sandbox)
    return sandbox
  }

  async function keep(use: SandboxUse, atMs: number): Promise<void> {
    const limits = await findLimits(use.sandboxId)
    if (limits === undefined) return
    const before = lastUse.get(use.sandboxId)
    lastUse.set(use.sandboxId, { use, atMs })
    await writeSample(fileOf(use.sandboxId), toSample(use, limits, atMs, before), sampleSeconds)
  }

  async function sampleAll(): Promise<void> {
    const uses = [...(await engine.measure())]
    const atMs = clock()
    const writer = async () => {
      for (let use = uses.pop(); use !== undefined; use = uses.pop()) {
        const { sandboxId } = use
        await keep(use, atMs).catch((error) => log.warn({ sandboxId, error }, 'a sample could not be kept'))
      }
    }
    await Promise.all(Array.from({ length: writers }, writer))
  }

  function sample(): Promise<void> {
    underWay ??= sampleAll()
      .catch((error) => log.warn({ error }, 'what sandboxes use could not be measured'))
      .finally(() => {
        underWay = undefined
      })
    return underWay
  }

  return {
    sample,
    start() {
      timer ??= setInterval(() => void sample(), sampleSeconds * 1000).unref()
    },
    async metrics(sandboxId, { fromMs, toMs }, names) {
      return toSeries(await readSamples(fileOf(sandboxId), Math.floor(fromMs / 1000), toMs / 1000), names)
    },
    logs: (sandbox, { fromMs, toMs }) => journal.read(sandbox, fromMs, toMs),
    async tidy() {
      if (clock() - tidiedAtMs < tidyEveryMs) return
      tidiedAtMs = clock()
      for (const name of await readdir(folder)) {
        const file = join(folder, name)
        const touched = await stat(file).catch(() => null) // gone meanwhile
        if (touched === null || clock() - touched.mtimeMs < untouchedMs) continue
        const id = name.replace(/\.(ring|log|log\.1)$/, '')
        if ((await sandboxes.byId(id)) === undefined) await rm(file, { force: true })
      }
    },
    async close() {
      clearInterval(timer)
      unsubscribe()
      await underWay
      await journal.close()
    },
  }
}

function toSample(
  use: SandboxUse,
  { cpu, memoryGib, diskGib }: Limits,
  atMs: number,
  before: { readonly use: SandboxUse; readonly atMs: number } | undefined,
): Sample {
  const passedMs = atMs - (before?.atMs ?? atMs)
  const workedMs = use.cpuMs - (before?.use.cpuMs ?? 0)
  // After a restart it counts from 0 again, so there is nothing to compare with.
  const canCompare = passedMs > 0 && workedMs >= 0
  return {
    at: Math.floor(atMs / 1000),
    cpuPercent: canCompare ? (100 * workedMs) / passedMs / cpu : Number.NaN,
    cores: cpu,
    memoryGib,
    diskGib,
    memoryKib: use.memoryBytes / 1024,
    cacheKib: use.cacheBytes / 1024,
    diskKib: use.diskBytes / 1024,
    receivedKib: use.receivedBytes / 1024,
    sentKib: use.sentBytes / 1024,
  }
}
