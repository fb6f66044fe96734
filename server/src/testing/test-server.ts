import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Permission, permissions } from '@sandyard/protocol'
import { createFakeEngine, type FakeEngine } from '../../../engine/src/fake/fake-engine.ts'
import { maskKey } from '../auth/mask.ts'
import type { Log } from '../log.ts'
import type { ServerConfig } from '../options.ts'
import { digest } from '../random.ts'
import { type Assembly, type AssemblyOptions, assemble } from '../server.ts'
import { migratedStore } from './migrated-store.ts'

/** The admin key of test servers. */
export const adminKey = `dtn_${'a'.repeat(64)}`

/** A server over a fake engine, called in memory. */
export interface TestServer extends AsyncDisposable {
  readonly server: Assembly
  readonly engine: FakeEngine
  /** goes on only when a test moves it */
  readonly clock: { nowMs: number }
  /** messages of level error; a test that expects one empties it */
  readonly faults: unknown[]
  /** Calls the API; a body that is not text is sent as JSON. */
  call(request: string, options?: CallOptions): Promise<TestAnswer>
  /** Makes a sandbox and answers it. */
  create(body?: object): Promise<TestSandbox>
  /** Another organization; answers its key. */
  stranger(granted?: readonly Permission[]): Promise<string>
}

/** What differs from a plain call with the admin key. */
export interface CallOptions {
  readonly key?: string | null
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** where the call comes from */
  readonly address?: string
}

/** Status and parsed body. */
export interface TestAnswer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly body: any
}

/** What tests read of a created sandbox. */
export interface TestSandbox {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly organizationId: string
  readonly linkedSandboxId?: string
}

/** Configuration of test servers. */
export const testConfig: ServerConfig = {
  apiKey: adminKey,
  publicUrl: 'http://localhost:3000',
  previewDomains: ['preview.example.com'],
  previewWarning: false,
  // nobody answers there, and nothing leaves the machine
  dnsServers: ['127.0.0.1:1'],
  region: { id: 'us', name: 'here' },
  defaultSnapshot: 'default',
  capacity: { cpu: 4, memoryGib: 8, diskGib: 10 },
  defaults: { cpu: 1, memoryGib: 1, diskGib: 3 },
  readySandboxes: 0,
  previewBuilds: 5,
  quotas: {
    totalCpu: null,
    totalMemoryGib: null,
    totalDiskGib: null,
    persistentDiskGib: null,
    snapshots: 100,
    snapshotSizeGb: null,
    volumes: 100,
    secrets: 100,
  },
  rateLimits: {},
  // the least that scrypt takes: a hash as in earnest is a fifth of a second of a processor
  passwordCost: { N: 2, r: 1, p: 1 },
  trustedProxies: ['127.0.0.0/8', '::1'],
  keptDays: { audit: 90, usage: 90 },
  observation: { webhookAllow: ['127.0.0.0/8'], metricsToken: null, areMetricsPublic: false, sampleSeconds: 15 },
  ssh: { port: 2222, hostKeys: ['ssh-ed25519 AAAA'], fingerprints: ['SHA256:abc'] },
  version: '9.9.9',
}

/** Starts a test server; `isRecovered: false` leaves out the recovery, and with it the reconciler's timer. */
export async function openTestServer(
  options: {
    engine?: FakeEngine
    storePath?: string
    folder?: string
    isRecovered?: boolean
    nowMs?: number
    config?: ServerConfig
    previewSteps?: AssemblyOptions['previewSteps']
  } = {},
): Promise<TestServer> {
  const engine = options.engine ?? createFakeEngine()
  const clock = { nowMs: options.nowMs ?? Date.UTC(2030, 0, 1) }
  const faults: unknown[] = []
  const folder = options.folder ?? makeFolder()
  const server = await assemble({
    engine,
    storePath: await migratedStore(options.storePath ?? ':memory:', clock.nowMs),
    folder,
    log: recordFaults(faults),
    clock: () => clock.nowMs,
    config: options.config ?? testConfig,
    ...(options.previewSteps === undefined ? {} : { previewSteps: options.previewSteps }),
  })
  if (options.isRecovered !== false) await server.recover()

  async function call(
    request: string,
    { key = adminKey, body, headers, address = '127.0.0.1' }: CallOptions = {},
  ): Promise<TestAnswer> {
    const [, method = '', path = ''] = /^(\w+) (.*)$/s.exec(request) ?? []
    const response = await server.fetch(
      new Request(`http://localhost:3000/api${path}`, {
        method,
        headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
      { incoming: { socket: { remoteAddress: address } } },
    )
    const text = await response.text()
    const isText = response.headers.get('content-type') === 'application/octet-stream'
    const parsed = isText ? text : text === '' ? undefined : JSON.parse(text)
    return { status: response.status, headers: response.headers, body: parsed }
  }

  return {
    server,
    engine,
    clock,
    faults,
    call,
    async create(body = {}) {
      const answer = await call('POST /sandbox', { body })
      if (answer.status !== 200) throw new Error(`create answered ${answer.status}: ${JSON.stringify(answer.body)}`)
      return answer.body as TestSandbox
    },
    async stranger(granted = permissions) {
      const [organizationId, userId] = [randomUUID(), randomUUID()]
      const value = `dtn_${organizationId}`
      await server.store.accounts.insertOrganization(
        { id: organizationId, name: 'Others', createdBy: userId, createdAtMs: clock.nowMs },
        {
          id: randomUUID(),
          organizationId,
          userId,
          name: 'theirs',
          hash: digest(value),
          masked: maskKey(value),
          permissions: granted,
          isAdmin: false,
          createdAtMs: clock.nowMs,
          lastUsedAtMs: null,
          expiresAtMs: null,
        },
      )
      return value
    },
    async [Symbol.asyncDispose]() {
      await server.close()
      await engine.close()
      if (options.folder === undefined) removeFolder(folder)
    },
  }
}

/** those that are there still */
const folders = new Set<string>()

function makeFolder(): string {
  // Not every test comes to the end of its server: some end it as a crash would.
  if (folders.size === 0) process.once('exit', removeFolders)
  const folder = mkdtempSync(join(quickFolder(), 'sandyard-server-'))
  folders.add(folder)
  return folder
}

function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  folders.delete(folder)
  if (folders.size === 0) process.off('exit', removeFolders)
}

function removeFolders(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
}

/** A folder in memory where the machine has one that is not small: what a server writes it waits to be on the disk. */
function quickFolder(): string {
  const inMemory = '/dev/shm'
  try {
    const { bavail, bsize } = statfsSync(inMemory)
    return bavail * bsize > 2 ** 30 ? inMemory : tmpdir()
  } catch {
    return tmpdir() // There is none.
  }
}

function recordFaults(faults: unknown[]): Log {
  const log: Log = {
    info: () => {},
    warn: () => {},
    error: (fields, message) => void faults.push({ ...fields, message }),
    child: () => log,
  }
  return log
}

/** Waits until the condition holds, at most two seconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 2000
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('The condition did not come to hold')
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
