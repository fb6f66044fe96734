import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import {
  type Access,
  lifecycleRoutes,
  objectStorageRoutes,
  platformRoutes,
  registryRoutes,
  sandboxRoutes,
  snapshotRoutes,
  sshRoutes,
  telemetryRoutes,
  volumeRoutes,
  warmPoolRoutes,
  webhookRoutes,
} from '@sandyard/protocol'
import { addAccountCalls } from './api/account-calls.ts'
import { type Connection, createAddressOf } from './api/address.ts'
import { lifecycleAnswers } from './api/lifecycle.ts'
import { addLimitCalls } from './api/limit-calls.ts'
import { createApi } from './api/mount.ts'
import { objectStorageAnswers } from './api/object-storage.ts'
import { addPage } from './api/page.ts'
import { platformAnswers } from './api/platform.ts'
import { registryAnswers } from './api/registries.ts'
import { sandboxAnswers } from './api/sandboxes.ts'
import { snapshotAnswers } from './api/snapshots.ts'
import { sshAnswers } from './api/ssh.ts'
import { telemetryAnswers } from './api/telemetry.ts'
import { volumeAnswers } from './api/volumes.ts'
import { warmPoolAnswers } from './api/warm-pools.ts'
import { webhookAnswers } from './api/webhooks.ts'
import { createAuditLog } from './audit/audit.ts'
import { purgeTraces } from './audit/purge.ts'
import { adminUser, ensureAdmin } from './auth/admin.ts'
import { createSignIn } from './auth/sign-in.ts'
import { createBuilds } from './builds/builds.ts'
import { followBuild } from './builds/follow.ts'
import { createBuildLogs } from './builds/logs.ts'
import { createEvents } from './events/socket.ts'
import { createMetrics, metricsPath } from './metrics/metrics.ts'
import { createObjects } from './objects/objects.ts'
import type { ServerOptions } from './options.ts'
import { createAccess } from './previews/access.ts'
import { parseSite } from './previews/site.ts'
import { createQuotas } from './quotas/quotas.ts'
import { createRateLimits } from './rate-limits/rate-limits.ts'
import { createRegistries } from './registries/registries.ts'
import { createActivity } from './sandboxes/activity.ts'
import { createChanges } from './sandboxes/changes.ts'
import { createFeed, type Feed, type SandboxChange, type SnapshotChange, type VolumeChange } from './sandboxes/feed.ts'
import { createOrders } from './sandboxes/orders.ts'
import { createReconcile, type Reconcile } from './sandboxes/reconcile.ts'
import { adoptInto, recoverSandboxes } from './sandboxes/recover.ts'
import { openCipher } from './secrets/cipher.ts'
import { createSnapshotChanges } from './snapshots/changes.ts'
import { createSshTokens, rememberedMs } from './ssh/access.ts'
import { openStore, type Store } from './store/store.ts'
import { createTelemetry, type Telemetry } from './telemetry/telemetry.ts'
import { createVolumeChanges } from './volumes/changes.ts'
import { createVolumeWork } from './volumes/work.ts'
import { createWarmPools, type WarmPools } from './warm-pools/pools.ts'
import type { Courier } from './webhooks/courier.ts'
import { createWebhooks } from './webhooks/webhooks.ts'

/** Time between two rounds of the reconciler, ms. */
const roundMs = 5_000
/** Longest wait of `close` for what is under way, ms. */
const closeWaitMs = 15_000

/** The control plane. */
export interface Server {
  /** Answers a request below `/api`. */
  fetch(request: Request, connection?: Connection): Promise<Response>
  /** The same for `node:http`. */
  listener(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Takes upgrades for `/api/socket.io/`; `false`: the request is for somebody else. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean
  /** What the gateway asks. */
  readonly access: Access
  /** Calls the listener with the id of each sandbox that was made or has changed, once `access` answers anew. */
  onSandboxChange(listener: (sandboxId: string) => void): () => void
  /** Calls the listener with the id of each sandbox whose tokens for SSH have ended before their time. */
  onSshChange(listener: (sandboxId: string) => void): () => void
  /** Calls the listener when somebody may do less than before: what was granted is to be asked again. */
  onAccessChange(listener: () => void): () => void
  /** A token by which the administrator signs in once, within a quarter of an hour (`POST /auth/token-login`). */
  createLoginToken(): Promise<string>
  /** Adopts the engine's truth and begins to reconcile. Call it once, after the engine's own `recover`. */
  recover(): Promise<void>
  /** Waits for what is under way and lets go of everything; sandboxes go on running. */
  close(): Promise<void>
}

/** The server's inside, for tests that drive the clock or look into the store. */
export interface Assembly extends Server {
  readonly store: Store
  readonly reconcile: Reconcile
  readonly warm: WarmPools
  readonly feed: Feed<SandboxChange>
  readonly snapshotFeed: Feed<SnapshotChange>
  readonly telemetry: Telemetry
  readonly courier: Courier
  /** Resolves when no order is under way. */
  settled(): Promise<void>
}

/** Makes a server. It takes requests at once; nothing happens by itself before `recover`. */
export async function createServer(options: ServerOptions): Promise<Server> {
  return assemble(options)
}

/** Wires the server's parts together. */
export async function assemble(options: ServerOptions): Promise<Assembly> {
  const { storePath, folder, log, clock, config } = options
  const metrics = createMetrics()
  const engine = metrics.time(options.engine)
  const home = parseSite(config.publicUrl)
  const store = await openStore({ path: storePath, nowMs: clock() })
  await ensureAdmin(store.accounts, config.apiKey, clock())

  const { accounts, sandboxes, signedTokens, snapshots, volumes, warmPools } = store
  const activity = createActivity(clock, (uses) => sandboxes.touch(uses))
  const keyUses = createActivity(clock, (uses) => accounts.touchKeys(uses))
  const feed = createFeed<SandboxChange>()
  const snapshotFeed = createFeed<SnapshotChange>()
  const volumeFeed = createFeed<VolumeChange>()
  const auditLog = createAuditLog({ ...store, clock })
  const quotas = createQuotas(config, store.limits)
  const changes = createChanges({ sandboxes, builds: store.builds, warmPools, quotas, feed, snapshotFeed, clock })
  const snapshotChanges = createSnapshotChanges({ snapshots, builds: store.builds, quotas, snapshotFeed, clock })
  const volumeChanges = createVolumeChanges({ volumes, quotas, volumeFeed, clock })
  const volumeWork = createVolumeWork({ engine, volumes, volumeChanges, clock, log })
  feed.subscribe((change) => {
    volumeChanges.tellUse(change).catch((error) => log.warn({ error }, 'the use of a volume was not told'))
  })
  const volumeParts = { volumes, volumeChanges, volumeWork, clock }
  const orders = createOrders(
    (report) => adoptInto({ sandboxes, changes, clock, log, isWarm: warmPools.has }, report),
    log,
  )
  const warm = createWarmPools({ engine, quotas, changes, snapshots, orders, config, clock, log, warmPools })
  const registries = createRegistries({ registries: store.registries, cipher: await openCipher(folder), clock })
  const builds = createBuilds({
    engine,
    builds: store.builds,
    logs: createBuildLogs({ folder, log }),
    contexts: { url: (organizationId, hash) => objects.contextUrl(organizationId, hash) },
    logins: registries.logins,
    changed: (build) => followBuild(parts, build),
    config,
    clock,
    log,
  })
  const parts = {
    ...volumeParts,
    builds,
    engine,
    sandboxes,
    changes,
    snapshots,
    snapshotChanges,
    auditLog,
    orders,
    warm,
    config,
    clock,
    log,
  }
  const stopReports = engine.onReport((report) => orders.report(report))
  const objects = createObjects({ folder: join(folder, 'objects'), home, region: config.region.id, clock, log })
  const signIn = createSignIn({ store, config, clock, noteUse: keyUses.touch })
  const { authenticate, accessFeed } = signIn
  const sshTokens = createSshTokens({ store, clock })
  const sshFeed = createFeed<string>()
  const access = {
    ...createAccess({ store, authenticate, feed, clock, touch: activity.touch }),
    checkSsh: sshTokens.check,
  }
  const events = createEvents({ authenticate, accessFeed, feed, snapshotFeed, volumeFeed, home, clock })
  const webhookParts = await createWebhooks({
    ...store,
    folder,
    allowed: config.observation.webhookAllow,
    version: config.version,
    clock,
    log,
  })
  const { courier } = webhookParts
  feed.subscribe(({ after }) => courier.wake(after.organizationId))
  snapshotFeed.subscribe(({ before, after }) => courier.wake((after ?? before)?.organizationId ?? ''))
  volumeFeed.subscribe(({ after }) => courier.wake(after.organizationId))
  const { sampleSeconds } = config.observation
  const telemetry = createTelemetry({ engine, sandboxes, feed, folder, sampleSeconds, clock, log })
  const flush = async () => {
    await activity.flush()
    await keyUses.flush()
  }
  const reconcile = createReconcile(parts, async () => {
    await flush()
    await signedTokens.purge(clock())
    await store.sshAccesses.purge(clock() - rememberedMs)
    await purgeTraces(store, config.keptDays, clock())
    await store.sessions.purge(clock())
    await objects.tidy()
    await courier.round()
    await telemetry.tidy()
    warm.poke()
  })

  const rateLimits = createRateLimits({ config, limits: store.limits, clock })
  const api = createApi({
    authenticate,
    home,
    version: config.version,
    log,
    addressOf: createAddressOf(config.trustedProxies),
    watchers: [rateLimits, auditLog, metrics.watcher],
  })
  api.add(sandboxRoutes, sandboxAnswers({ ...parts, signedTokens, activity }))
  api.add(lifecycleRoutes, lifecycleAnswers({ ...parts, activity }))
  addAccountCalls(api, { ...signIn, store, config, clock })
  api.add(sshRoutes, sshAnswers({ ...parts, sshAccesses: store.sshAccesses, activity, sshTokens, sshFeed }))
  api.add(snapshotRoutes, snapshotAnswers(parts))
  api.add(registryRoutes, registryAnswers(registries))
  api.add(volumeRoutes, volumeAnswers(volumeParts))
  api.add(warmPoolRoutes, warmPoolAnswers({ ...parts, warmPools }))
  api.add(telemetryRoutes, telemetryAnswers({ ...parts, activity, telemetry }))
  api.add(webhookRoutes, webhookAnswers({ ...store, ...webhookParts, clock }))
  api.add(objectStorageRoutes, objectStorageAnswers({ objects }))
  addLimitCalls(api, { ...parts, store, rateLimits })
  api.add(platformRoutes, platformAnswers(config))

  const { observation, version } = config
  addPage(api)
  api.page(metricsPath, (request) =>
    metrics.answer(request, { authenticate, totals: store.totals, options: observation, version }),
  )

  const listener = getRequestListener(api.fetch, { overrideGlobalObjects: false })
  let timer: NodeJS.Timeout | undefined
  let round: Promise<void> = Promise.resolve()
  let isClosed = false
  const nextRound = () => {
    round = reconcile.round().finally(() => {
      if (!isClosed) timer = setTimeout(nextRound, roundMs).unref()
    })
  }

  return {
    store,
    reconcile,
    warm,
    feed,
    snapshotFeed,
    telemetry,
    courier,
    settled: () => orders.settled(closeWaitMs),
    access,
    fetch: api.fetch,
    listener: (request, response) =>
      objects.claims(request) ? objects.listener(request, response) : listener(request, response),
    handleUpgrade: events.handleUpgrade,
    onSandboxChange: (listener) => feed.subscribe(({ after }) => listener(after.id)),
    onSshChange: sshFeed.subscribe,
    onAccessChange: (listener) => accessFeed.subscribe(() => listener()),
    createLoginToken: async () => (await signIn.sessions.createLoginToken(adminUser, 'link')).token,
    async recover() {
      await recoverSandboxes(parts)
      telemetry.start()
      nextRound()
    },
    async close() {
      isClosed = true
      clearTimeout(timer)
      await round
      await warm.close()
      builds.close()
      stopReports()
      await orders.settled(closeWaitMs)
      await volumeWork.settled()
      await events.close()
      await courier.close()
      await telemetry.close()
      await flush()
      await store.close()
    },
  }
}
