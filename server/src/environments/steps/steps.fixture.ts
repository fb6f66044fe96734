import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { type DialTarget, PlatformError, type StepName } from '@sandyard/protocol'
import { startAgent, type TestAgent } from '../../../../agent/src/agent.fixture.ts'
import { createFakeEngine, type FakeEngine } from '../../../../engine/src/fake/fake-engine.ts'
import { createFeeds, createWriters, type Feeds } from '../../assembly/changes.ts'
import { createSandboxWork } from '../../assembly/sandboxes.ts'
import { createAuditLog } from '../../audit/audit.ts'
import type { Log } from '../../log.ts'
import { openStore, type Store } from '../../store/store.ts'
import { migratedStore } from '../../testing/migrated-store.ts'
import { testConfig } from '../../testing/test-server.ts'
import type { EnvironmentRecord, ProjectRecord } from '../records.ts'
import type { StepOutcome, StepWork } from '../step.ts'
import type { StepParts } from './parts.ts'
import { createSteps } from './steps.ts'

/** Steps over a fake engine whose sandboxes all have the same real agent. */
export interface StepGround extends AsyncDisposable {
  readonly parts: StepParts
  readonly store: Store
  readonly feeds: Feeds
  readonly engine: FakeEngine
  readonly agent: TestAgent
  /** where connections into sandboxes go; a test may put something else there */
  dial: (target: DialTarget) => Promise<Duplex>
  /** done before the engine stops a sandbox: it ends no processes */
  stopping: () => Promise<unknown>
  /** what each sandbox was noted to be used */
  readonly touched: string[]
  /** A run of its own, of a project with these fields. */
  run(project: Partial<ProjectRecord>, environment?: Partial<EnvironmentRecord>): TestRun
}

/** One run of an environment; what steps find is kept as the runner does. */
export interface TestRun {
  environment: EnvironmentRecord
  project: ProjectRecord
  /** what was told so far */
  log: string
  readonly memories: Partial<Record<StepName, string>>
  /** Runs one step, or goes on with it. */
  step(
    name: StepName,
    options?: { readonly signal?: AbortSignal; readonly token?: string | null },
  ): Promise<StepOutcome>
  /** Runs these one after the other. */
  steps(...names: readonly StepName[]): Promise<void>
}

/** What the organization's builds may use. */
export const registryLogin = { registry: 'registry.example.com', username: 'robot', password: 'closed' }

/** Makes the ground. */
export async function layStepGround(): Promise<StepGround> {
  const folder = mkdtempSync(join(tmpdir(), 'preview-steps-'))
  const agent = await startAgent()
  const fake = createFakeEngine()
  const log: Log = { info: () => {}, warn: () => {}, error: () => {}, child: () => log }
  const clock = Date.now
  const store = await openStore({ path: await migratedStore(':memory:', 0), nowMs: clock() })
  const [organizationId, userId] = [randomUUID(), randomUUID()]
  await store.accounts.insertOrganization(
    { id: organizationId, name: 'Tests', createdBy: userId, createdAtMs: 0 },
    {
      id: randomUUID(),
      organizationId,
      userId,
      name: 'key',
      hash: 'none',
      masked: 'none',
      permissions: [],
      isAdmin: false,
      createdAtMs: 0,
      lastUsedAtMs: null,
      expiresAtMs: null,
    },
  )
  const feeds = createFeeds()
  const ground = {
    dial: (target: DialTarget) => dialReal(agent, target),
    stopping: async (): Promise<unknown> => undefined,
  }
  const engine: FakeEngine = {
    ...fake,
    dial: (_, target) => ground.dial(target),
    async stop(id, options) {
      await ground.stopping()
      await fake.stop(id, options)
    },
  }
  const config = { ...testConfig, capacity: { cpu: 4, memoryGib: 8, diskGib: 10 } }
  const work = createSandboxWork({
    engine,
    store,
    feeds,
    writers: createWriters(feeds, { store, config, clock }),
    registries: { logins: async () => [registryLogin] } as unknown as Parameters<
      typeof createSandboxWork
    >[0]['registries'],
    contexts: { url: async () => 'file:///none' },
    auditLog: createAuditLog({ ...store, clock }),
    folder,
    config,
    clock,
    log,
  })
  const touched: string[] = []
  const parts: StepParts = {
    ...work.sandboxParts,
    touch: (id) => void touched.push(id),
    contexts: { put: async () => 'none' },
  }
  const steps = createSteps(parts)

  function begin(project: Partial<ProjectRecord>, environment: Partial<EnvironmentRecord> = {}): TestRun {
    const run: TestRun = {
      project: { ...plainProject, id: randomUUID(), organizationId, ...project },
      environment: { ...plainEnvironment, id: randomUUID(), organizationId, ...environment },
      log: '',
      memories: {},
      async step(name, { signal = AbortSignal.timeout(60_000), token = null } = {}) {
        const found = steps.find((step) => step.name === name)
        if (found === undefined) throw new Error(`There is no step ${name}`)
        const work: StepWork = {
          environment: run.environment,
          project: run.project,
          token,
          memory: run.memories[name] ?? null,
          async remember(memory) {
            run.memories[name] = memory
          },
          tell: (text) => {
            run.log += text
          },
          clean: (text) => text,
          signal,
        }
        const outcome = await found.run(work)
        run.environment = { ...run.environment, ...outcome.findings }
        return outcome
      },
      async steps(...names) {
        for (const name of names) await run.step(name)
      },
    }
    return run
  }

  return Object.assign(ground, {
    parts,
    store,
    feeds,
    engine,
    agent,
    touched,
    run: begin,
    async [Symbol.asyncDispose]() {
      await work.close()
      await store.close()
      await fake.close()
      await agent[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  })
}

/** The next run of an environment: it remembers nothing of the last one. */
export function nextRun(ground: StepGround, { environment, project }: TestRun): TestRun {
  return ground.run(project, { ...environment, run: environment.run + 1, wantedRun: environment.run + 1 })
}

function dialReal(agent: TestAgent, target: DialTarget): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = target.kind === 'agent' ? connect(agent.socketPath) : connect(target.port, '127.0.0.1')
    socket.once('connect', () => resolve(socket))
    socket.once('error', (cause) => reject(new PlatformError('BAD_GATEWAY', 'Nothing listens', { cause })))
  })
}

const plainProject: Omit<ProjectRecord, 'id' | 'organizationId'> = {
  name: 'project',
  repository: 'https://git.example.com/a/b',
  repositoryKey: 'git.example.com/a/b',
  host: 'other',
  apiUrl: null,
  token: null,
  username: null,
  reporting: 'none',
  forks: false,
  settings: {},
  webhookSecret: '',
  lastWebhookAtMs: null,
  reportError: null,
  isLeaving: false,
  createdAtMs: 0,
  updatedAtMs: 0,
}

const plainEnvironment: Omit<EnvironmentRecord, 'id' | 'organizationId'> = {
  projectId: 'project',
  headRepository: '',
  branch: 'main',
  isDefaultBranch: false,
  pullNumber: null,
  pullTitle: null,
  pullUrl: null,
  status: 'building',
  error: null,
  wantedCommit: null,
  commit: null,
  wantedRun: 1,
  run: 1,
  isFresh: false,
  sandboxId: null,
  former: null,
  servedPort: null,
  plan: null,
  isPinned: false,
  createdAtMs: 0,
  updatedAtMs: 0,
}
