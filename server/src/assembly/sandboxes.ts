import type { Engine } from '@sandyard/protocol'
import type { AuditLog } from '../audit/audit.ts'
import { type Contexts, createBuilds } from '../builds/builds.ts'
import { followBuild } from '../builds/follow.ts'
import { createBuildLogs } from '../builds/logs.ts'
import type { Log } from '../log.ts'
import type { ServerConfig } from '../options.ts'
import type { Registries } from '../registries/registries.ts'
import { createOrders } from '../sandboxes/orders.ts'
import type { SandboxParts } from '../sandboxes/parts.ts'
import { adoptInto } from '../sandboxes/recover.ts'
import { createSecretWork } from '../secrets/work.ts'
import type { Store } from '../store/store.ts'
import { createVolumeWork } from '../volumes/work.ts'
import { createWarmPools, type WarmPools } from '../warm-pools/pools.ts'
import type { Feeds, Writers } from './changes.ts'

/** Longest wait of `close` for what is under way, ms. */
const closeWaitMs = 15_000

/** What gives orders to the engine, and takes in its reports. */
export interface SandboxWork {
  readonly sandboxParts: SandboxParts
  readonly warm: WarmPools
  /** Resolves when no order is under way. */
  settled(): Promise<void>
  /** Waits for what is under way; sandboxes go on running. */
  close(): Promise<void>
}

/** What it needs. */
interface Parts {
  readonly engine: Engine
  readonly store: Store
  readonly feeds: Feeds
  readonly writers: Writers
  readonly registries: Registries
  readonly contexts: Contexts
  readonly auditLog: AuditLog
  /** where the logs of builds are kept */
  readonly folder: string
  readonly config: ServerConfig
  readonly clock: () => number
  readonly log: Log
}

/** Wires sandboxes, builds, volumes and warm pools together. */
export function createSandboxWork(parts: Parts): SandboxWork {
  const { engine, store, feeds, writers, auditLog, folder, config, clock, log } = parts
  const { sandboxes, secrets, snapshots, volumes, warmPools } = store
  const { changes, volumeChanges } = writers

  const orders = createOrders(
    (report) => adoptInto({ sandboxes, changes, clock, log, isWarm: warmPools.has }, report),
    log,
  )
  const volumeWork = createVolumeWork({ engine, volumes, volumeChanges, clock, log })
  const secretWork = createSecretWork({ engine, secrets, clock, log })
  const warm = createWarmPools({ ...writers, engine, secrets, snapshots, warmPools, orders, config, clock, log })
  const builds = createBuilds({
    engine,
    builds: store.builds,
    logs: createBuildLogs({ folder, log }),
    contexts: parts.contexts,
    logins: parts.registries.logins,
    changed: (build) => followBuild(sandboxParts, build),
    config,
    clock,
    log,
  })
  const sandboxParts: SandboxParts = {
    ...writers,
    engine,
    sandboxes,
    secrets,
    secretWork,
    snapshots,
    volumes,
    volumeWork,
    builds,
    warm,
    orders,
    auditLog,
    config,
    clock,
    log,
  }
  feeds.feed.subscribe((change) => {
    volumeChanges.tellUse(change).catch((error) => log.warn({ error }, 'the use of a volume was not told'))
  })
  const stopReports = engine.onReport((report) => orders.report(report))

  return {
    sandboxParts,
    warm,
    settled: () => orders.settled(closeWaitMs),
    async close() {
      await warm.close()
      builds.close()
      stopReports()
      await orders.settled(closeWaitMs)
      await volumeWork.settled()
      await secretWork.settled()
    },
  }
}
