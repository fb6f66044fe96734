import { limits, PlatformError } from '@sandyard/protocol'
import { type CallOptions, type TestServer, until } from './test-server.ts'
import { wrongDenials, wrongDomainLists } from './wrong-network.ts'

/** A wrong request: its answer's status, and what the message must say. */
export interface Wrong extends CallOptions {
  /** values of path parameters; all others are good */
  readonly params?: Readonly<Record<string, string>>
  /** with its question mark */
  readonly query?: string
  /** made before the request, on the sandbox that it names */
  readonly prepare?: (server: TestServer, id: string) => Promise<unknown>
  readonly status: number
  readonly message: RegExp
}

const tooLong = 'x'.repeat(limits.nameLength + 1)

/** Stops the sandbox that the request names. */
export const stop = (server: TestServer, id: string): Promise<unknown> => server.call(`POST /sandbox/${id}/stop`)

const pause = (server: TestServer, id: string) => server.call(`POST /sandbox/${id}/pause`)

/** Leaves the sandbox that the request names in `error`. */
export async function lose({ engine, call }: TestServer, id: string): Promise<void> {
  engine.lose(id, 'Its disk is gone', 'absent')
  await until(async () => (await call(`GET /sandbox/${id}`)).body.state === 'error')
}

/** Sets a stop going that lasts. */
export async function beginStop(server: TestServer, id: string): Promise<void> {
  server.engine.knobs.stopDelayMs = 400
  void stop(server, id)
  await until(async () => (await server.call(`GET /sandbox/${id}`)).body.state === 'stopping')
}

const busy: Wrong = { status: 409, message: /^Sandbox state change in progress$/, prepare: beginStop }
const errored: Wrong = { status: 400, message: /^Sandbox is in an errored state$/, prepare: lose }

/** The engine does not know how. */
function notBuilt(order: 'pause' | 'resize' | 'fork' | 'setNetwork' | 'archive' | 'saveSnapshot'): Wrong {
  return {
    status: 501,
    message: /^This engine cannot do that yet$/,
    prepare: async (server, id) => {
      if (order === 'archive') await stop(server, id)
      server.engine.knobs.failures[order] = new PlatformError('NOT_IMPLEMENTED', 'This engine cannot do that yet')
    },
  }
}

function named(message: RegExp, name: unknown): Wrong {
  return { body: { name }, status: 400, message }
}

const save = (name: string) => (server: TestServer, id: string) =>
  server.call(`POST /sandbox/${id}/snapshot`, { body: { name } })

const wholeNumbers = (parameter: string): Wrong[] =>
  ['soon', '1.5', '5256001', '9'.repeat(20), '%20'].map((value) => ({
    params: { [parameter]: value },
    status: 400,
    message: /whole number/,
  }))

/** What can be wrong with each call of the life of sandboxes in particular. */
export const wrongLifecycle: Record<string, readonly Wrong[]> = {
  pauseSandbox: [
    busy,
    errored,
    notBuilt('pause'),
    { status: 400, message: /^Sandbox is not started$/, prepare: stop },
    { status: 400, message: /^Sandbox is not started$/, prepare: pause },
  ],
  archiveSandbox: [
    busy,
    errored,
    notBuilt('archive'),
    { status: 400, message: /^Sandbox is not stopped$/ },
    { status: 400, message: /^Sandbox is not stopped$/, prepare: pause },
    {
      status: 400,
      message: /^Ephemeral sandboxes cannot be archived$/,
      prepare: async (server, id) => {
        await stop(server, id)
        await server.call(`POST /sandbox/${id}/autodelete/0`)
      },
    },
  ],
  recoverSandbox: [
    { status: 400, message: /^Sandbox must be in error state to recover$/ },
    { status: 400, message: /^Sandbox is not in a recoverable state$/, prepare: lose },
    { query: '?skipStart=true&skipStart=true', status: 400, message: /skipStart/ },
  ],
  resizeSandbox: [
    busy,
    errored,
    notBuilt('resize'),
    { body: {}, status: 400, message: /^The resize changes neither cpu, memory nor disk$/ },
    { body: { cpu: 1, memory: 1, disk: 3 }, status: 400, message: /changes neither/ },
    { body: { cpu: 0 }, status: 400, message: /cpu/ },
    { body: { cpu: 1.5 }, status: 400, message: /cpu/ },
    { body: { memory: '2' }, status: 400, message: /memory/ },
    { body: { disk: -1 }, status: 400, message: /disk/ },
    { body: { cpu: 5 }, status: 400, message: /^CPU request 5 exceeds maximum allowed per sandbox \(4\)\./ },
    { body: { memory: 9 }, status: 400, message: /^Memory request 9GB exceeds maximum/ },
    { body: { disk: 11 }, status: 400, message: /^Disk request 11GB exceeds maximum/, prepare: stop },
    { body: { disk: 4 }, status: 400, message: /^Disk can be resized only while the sandbox is stopped$/ },
    { body: { disk: 2 }, status: 400, message: /^Disk cannot shrink from 3GB to 2GB$/, prepare: stop },
    {
      body: { cpu: 1 },
      status: 400,
      message: /reduced only while the sandbox is stopped/,
      prepare: (server, id) => server.call(`POST /sandbox/${id}/resize`, { body: { cpu: 2 } }),
    },
    { status: 400, message: /must be started or stopped/, prepare: pause },
  ],
  forkSandbox: [
    busy,
    errored,
    notBuilt('fork'),
    named(/name/, 7),
    named(/name/, ''),
    named(/name/, tooLong),
    named(/HTML tags, URLs, or control characters/, '<b>bold</b>'),
    {
      body: { name: 'taken' },
      status: 409,
      message: /^Sandbox with name taken already exists$/,
      prepare: (server) => server.create({ name: 'taken' }),
    },
    { status: 400, message: /^Sandbox is not started$/, prepare: stop },
    { status: 400, message: /^Sandbox is not started$/, prepare: pause },
  ],
  getSandboxForks: [
    { query: '?includeDestroyed=true&includeDestroyed=true', status: 400, message: /includeDestroyed/ },
  ],
  getSandboxParent: [{ status: 404, message: /has no parent$/ }],
  getSandboxAncestors: [],
  createSandboxSnapshot: [
    busy,
    errored,
    notBuilt('saveSnapshot'),
    { body: {}, status: 400, message: /name/ },
    named(/name/, ''),
    named(/name/, tooLong),
    ...['a b', '/a', 'a/', 'a//b', 'ä', '../a b', 'a@sha256:12', '<b>', 'a\u0000'].map((name) =>
      named(/must be letters, digits/, name),
    ),
    { body: { name: 'ram', includeMemory: true }, status: 400, message: /^includeMemory is not supported/ },
    { body: { name: 'ram', includeMemory: 'yes' }, status: 400, message: /includeMemory/ },
    { body: { name: 'default' }, status: 409, message: /^Snapshot with name default already exists$/ },
    {
      body: { name: 'twice' },
      status: 409,
      message: /^Snapshot with name twice already exists$/,
      prepare: save('twice'),
    },
    { status: 400, message: /must be started or stopped/, prepare: pause },
  ],
  createBackup: [],
  setAutoPauseInterval: [
    ...wholeNumbers('interval'),
    { params: { interval: '-1' }, status: 400, message: /^Auto-pause interval must be non-negative$/ },
    { status: 400, message: /^Only one of the auto-stop and auto-pause intervals can be set$/ },
    {
      status: 400,
      message: /^Ephemeral sandboxes cannot have an auto-pause interval$/,
      prepare: async ({ call }, id) => {
        await call(`POST /sandbox/${id}/autostop/0`)
        await call(`POST /sandbox/${id}/autodelete/0`)
      },
    },
  ],
  setTtl: [
    ...wholeNumbers('ttlMinutes'),
    { params: { ttlMinutes: '-1' }, status: 400, message: /^TTL must be non-negative$/ },
  ],
  setAutoWake: [
    { params: { mode: 'yes' }, status: 400, message: /^mode must be true, false or idle$/ },
    { params: { mode: 'TRUE' }, status: 400, message: /^mode must be/ },
  ],
  updateNetworkSettings: [
    busy,
    errored,
    notBuilt('setNetwork'),
    { body: {}, status: 400, message: /^At least one of networkBlockAll, networkAllowList, domainAllowList, network/ },
    { body: { networkBlockAll: 'yes' }, status: 400, message: /networkBlockAll/ },
    { body: { networkAllowList: '192.0.2.1' }, status: 400, message: /'192.0.2.1' is not an IPv4 CIDR/ },
    { body: { networkAllowList: Array(11).fill('192.0.2.0/24').join() }, status: 400, message: /at most 10/ },
    { body: { networkAllowList: tooLong }, status: 400, message: /networkAllowList/ },
    { body: { networkAllowList: ['192.0.2.0/24'] }, status: 400, message: /networkAllowList/ },
    ...wrongDomainLists.map(([domainAllowList, message]) => ({ body: { domainAllowList }, status: 400, message })),
    ...wrongDenials.map(([body, message]) => ({ body, status: 400, message })),
  ],
}

const ofPlatform = /^Snapshot default is a general one/

/** What can be wrong with each call on snapshots in particular. */
export const wrongSnapshots: Record<string, readonly Wrong[]> = {
  getAllSnapshots: [
    { query: '?page=0', status: 400, message: /page/ },
    { query: '?page=x', status: 400, message: /page/ },
    { query: '?limit=201', status: 400, message: /limit/ },
    { query: '?sort=size', status: 400, message: /sort/ },
    { query: '?order=up', status: 400, message: /order/ },
    { query: `?name=${tooLong}`, status: 400, message: /name/ },
    { query: `?sourceSandboxId=${tooLong}`, status: 400, message: /sourceSandboxId/ },
  ],
  getSnapshot: [{ params: { id: 'no-such' }, status: 404, message: /^Snapshot with ID or name no-such not found$/ }],
  removeSnapshot: [
    { params: { id: 'no-such' }, status: 404, message: /^Snapshot with ID or name no-such not found$/ },
    { status: 403, message: ofPlatform },
  ],
  activateSnapshot: [
    { params: { id: 'no-such' }, status: 404, message: /^Snapshot with ID or name no-such not found$/ },
    { status: 403, message: ofPlatform },
    { params: { id: 'one' }, status: 400, message: /^Snapshot one is active, not inactive$/, prepare: save('one') },
  ],
  deactivateSnapshot: [
    { params: { id: 'no-such' }, status: 404, message: /^Snapshot with ID or name no-such not found$/ },
    { status: 403, message: ofPlatform },
    {
      params: { id: 'two' },
      status: 400,
      message: /^Snapshot two is inactive, not active$/,
      prepare: async (server, id) => {
        await save('two')(server, id)
        await server.call('POST /snapshots/two/deactivate')
      },
    },
  ],
}

/** Bodies that are good where the row needs one. */
export const goodLifecycleBodies: Record<string, unknown> = {
  resizeSandbox: { cpu: 2 },
  createSandboxSnapshot: { name: 'good' },
  updateNetworkSettings: { networkBlockAll: true },
}
