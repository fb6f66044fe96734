import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import type { Access } from '@sandyard/protocol'
import { createOrganizationRules } from './accounts/organization-rules.ts'
import { type Connection, createAddressOf } from './api/address.ts'
import { addCalls } from './api/calls.ts'
import { createApi } from './api/mount.ts'
import { addPage } from './api/page.ts'
import { createFeeds, createWriters } from './assembly/changes.ts'
import { createObservers } from './assembly/observers.ts'
import { createPreviewWork } from './assembly/previews.ts'
import { createRounds } from './assembly/rounds.ts'
import { createSandboxWork } from './assembly/sandboxes.ts'
import { createAuditLog } from './audit/audit.ts'
import { purgeTraces } from './audit/purge.ts'
import { adminUser, ensureAdmin } from './auth/admin.ts'
import { createMakers } from './auth/makers.ts'
import { createSignIn } from './auth/sign-in.ts'
import { createDomains } from './domains/domains.ts'
import { createProve } from './domains/proof.ts'
import type { Environments } from './environments/environments.ts'
import { createServings } from './environments/serving.ts'
import { createSteps } from './environments/steps/steps.ts'
import type { Reports } from './git-hosts/reports.ts'
import { createMetrics, metricsPath } from './metrics/metrics.ts'
import { createObjects } from './objects/objects.ts'
import type { ServerOptions } from './options.ts'
import { createAccess } from './previews/access.ts'
import { createPreviewSignIn } from './previews/sign-in.ts'
import { expiredKeptMs } from './previews/signed.ts'
import { parseSite } from './previews/site.ts'
import { createRateLimits } from './rate-limits/rate-limits.ts'
import { createRegistries } from './registries/registries.ts'
import { createActivity } from './sandboxes/activity.ts'
import { createFeed, type Feed, type SandboxChange, type SnapshotChange } from './sandboxes/feed.ts'
import { createReconcile, type Reconcile } from './sandboxes/reconcile.ts'
import { recoverSandboxes } from './sandboxes/recover.ts'
import { createWake } from './sandboxes/wake.ts'
import { openCipher } from './secrets/cipher.ts'
import { createReveal } from './secrets/reveal.ts'
import { createSecrets } from './secrets/secrets.ts'
import { createSshTokens, rememberedMs } from './ssh/access.ts'
import { openStore, type Store } from './store/store.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import type { WarmPools } from './warm-pools/pools.ts'
import type { Courier } from './webhooks/courier.ts'

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
  /** Names that may have certificates. */
  readonly names: {
    /** active domains of users */
    domains(): readonly string[]
    /** Calls the listener when these change. */
    onChange(listener: () => void): void
    /** True for a sandbox that is there, in whatever state, and for an environment that has one. */
    hasPreview(id: string): Promise<boolean>
  }
  /**
   * Calls the listener with the id of each sandbox that was made or has changed, that serves an environment no more, or
   * whose signed link was ended, once `access` answers anew.
   */
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
  readonly environments: Environments
  readonly reports: Reports
  /** Resolves when no order is under way. */
  settled(): Promise<void>
}

/** Makes a server. It takes requests at once; nothing happens by itself before `recover`. */
export async function createServer(options: ServerOptions): Promise<Server> {
  return assemble(options)
}

/** What tests put in place of a part. */
export interface AssemblyOptions extends ServerOptions {
  /** what preview environments are made by */
  readonly previewSteps?: typeof createSteps
}

/** Wires the server's parts together. */
export async function assemble(options: AssemblyOptions): Promise<Assembly> {
  const { storePath, folder, log, clock, config } = options
  const metrics = createMetrics()
  const engine = metrics.time(options.engine)
  const home = parseSite(config.publicUrl)
  const store = await openStore({ path: storePath, nowMs: clock() })
  const { accounts, sandboxes } = store
  await ensureAdmin(accounts, config.apiKey, clock())
  const cipher = await openCipher(folder)

  const feeds = createFeeds()
  const writers = createWriters(feeds, { store, config, clock })
  const auditLog = createAuditLog({ ...store, clock })
  const registries = createRegistries({ registries: store.registries, cipher, clock })
  const objects = await createObjects({ folder: join(folder, 'objects'), home, region: config.region.id, clock, log })
  const contexts = { url: objects.contextUrl }
  const work = createSandboxWork({
    engine,
    store,
    feeds,
    writers,
    registries,
    contexts,
    auditLog,
    folder,
    config,
    clock,
    log,
  })
  const { sandboxParts, warm } = work
  const secretWriter = createSecrets({ ...sandboxParts, ...writers, cipher })
  engine.revealSecretsWith(createReveal({ secrets: store.secrets, cipher, clock, log }))

  const activity = createActivity(clock, (uses) => sandboxes.touch(uses))
  const keyUses = createActivity(clock, (uses) => accounts.touchKeys(uses))
  const flush = async () => {
    await activity.flush()
    await keyUses.flush()
  }
  const signIn = createSignIn({ store, config, clock, noteUse: keyUses.touch })
  const { authenticate, accessFeed } = signIn
  const makers = createMakers({ ...store, clock })
  const rules = createOrganizationRules({ accounts, accessFeed, previewWarning: config.previewWarning, clock })
  const sshTokens = createSshTokens({ store, makers, rules, clock })
  const sshFeed = createFeed<string>()
  const linkFeed = createFeed<string>()
  const prove = createProve(config.dnsServers, config.previewDomains)
  const domains = await createDomains({ store: store.domains, prove, feed: feeds.feed, clock, log })
  const servings = createServings(store.environments)
  const access = {
    ...createAccess({
      ...{ store, authenticate, ...feeds, accessFeed, makers, rules, clock, touch: activity.touch, servings },
      isPortComing: (sandboxId, port) => previewWork.keeper.isComing(sandboxId, port),
    }),
    signIn: createPreviewSignIn({ signIn, sandboxes, servings }),
    checkSsh: sshTokens.check,
    customHost: domains.target,
    wake: createWake({ ...sandboxParts, accounts }),
  }
  const steps = (options.previewSteps ?? createSteps)({ ...sandboxParts, touch: activity.touch, contexts: objects })
  const previewWork = createPreviewWork({ store, feeds, sandboxParts, steps, cipher, folder })
  previewWork.environments.onChange(servings.changed)
  const observers = createObservers({ engine, store, feeds, signIn, cipher, home, folder, config, clock, log })
  const { events, webhooks, telemetry } = observers

  const reconcile = createReconcile(sandboxParts, async () => {
    await flush()
    await store.signedTokens.purge(clock() - expiredKeptMs)
    await store.sshAccesses.purge(clock() - rememberedMs)
    await purgeTraces(store, config.keptDays, clock())
    await auditLog.trim()
    await store.sessions.purge(clock())
    await domains.round()
    await objects.tidy()
    await webhooks.courier.round()
    await telemetry.tidy()
    await previewWork.round()
    warm.poke()
  })
  const rounds = createRounds(reconcile)

  const rateLimits = createRateLimits({ config, limits: store.limits, clock })
  const api = createApi({
    authenticate,
    home,
    version: config.version,
    log,
    addressOf: createAddressOf(config.trustedProxies),
    watchers: [rateLimits, previewWork.hooks.watcher, auditLog, metrics.watcher],
  })
  addCalls(api, {
    store,
    sandboxParts,
    signIn,
    activity,
    warm,
    registries,
    secretWriter,
    objects,
    telemetry,
    webhooks,
    rateLimits,
    sshTokens,
    sshFeed,
    linkFeed,
    domains,
    previewWork,
  })
  addPage(api)
  const { observation, version } = config
  api.page(metricsPath, (request) =>
    metrics.answer(request, { authenticate, totals: store.totals, options: observation, version }),
  )
  const listener = getRequestListener(api.fetch, { overrideGlobalObjects: false })

  return {
    store,
    reconcile,
    warm,
    feed: feeds.feed,
    snapshotFeed: feeds.snapshotFeed,
    telemetry,
    courier: webhooks.courier,
    environments: previewWork.environments,
    reports: previewWork.reports,
    settled: work.settled,
    access,
    fetch: api.fetch,
    listener: (request, response) =>
      objects.claims(request) ? objects.listener(request, response) : listener(request, response),
    handleUpgrade: events.handleUpgrade,
    names: {
      domains: domains.names,
      onChange: domains.onChange,
      async hasPreview(id) {
        const sandbox = await sandboxes.byId(id)
        if (sandbox !== undefined) return sandbox.desiredState !== 'destroyed'
        return (await servings.find(id)) !== null
      },
    },
    onSandboxChange(listener) {
      const changes = feeds.feed.subscribe(({ after }) => listener(after.id))
      const ends = [changes, servings.left.subscribe(listener), linkFeed.subscribe(listener)]
      return () => {
        for (const end of ends) end()
      }
    },
    onSshChange: sshFeed.subscribe,
    onAccessChange: (listener) => accessFeed.subscribe(() => listener()),
    createLoginToken: async () => (await signIn.sessions.createLoginToken(adminUser, 'link')).token,
    async recover() {
      await recoverSandboxes(sandboxParts)
      telemetry.start()
      rounds.start()
    },
    async close() {
      await rounds.close()
      await previewWork.close()
      await domains.close()
      await work.close()
      await observers.close()
      await flush()
      await store.close()
    },
  }
}
