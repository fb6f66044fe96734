import { createServer, type Server } from 'node:http'
import { type Duplex, duplexPair } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type DialTarget,
  type Engine,
  type EngineState,
  PlatformError,
  type Refusal,
  type RevealedSecret,
  type RevealSecrets,
  type SandboxReport,
  type SandboxSpec,
  type SnapshotInfo,
} from '@sandyard/protocol'

/** Orders that can be made to fail. */
export type OrderName =
  | 'create'
  | 'start'
  | 'stop'
  | 'destroy'
  | 'pause'
  | 'resume'
  | 'fork'
  | 'resize'
  | 'setNetwork'
  | 'archive'
  | 'restore'
  | 'saveSnapshot'
  | 'removeSnapshot'
  | 'setEnv'
  | 'setSecrets'
  | 'makeSnapshot'
  | 'makeVolume'
  | 'removeVolume'

/** What the fake does differently from a quick and healthy engine. May be changed at any time. */
export interface FakeKnobs {
  /** how long create, start, fork and restore take, ms */
  startDelayMs: number
  /** how long stop takes that is not forced, ms */
  stopDelayMs: number
  /** how long destroy takes, ms */
  destroyDelayMs: number
  /** how long the making of a snapshot takes, ms */
  buildDelayMs: number
  /** what the orders of this name throw */
  failures: Partial<Record<OrderName, Error>>
}

/** An engine without sandboxes: it keeps their states in memory, and each answers HTTP with what it was asked. */
export interface FakeEngine extends Engine {
  readonly knobs: FakeKnobs
  /** what each sandbox was made with */
  readonly specs: ReadonlyMap<string, SandboxSpec>
  /** what `makeVolume` made and nobody removed */
  readonly volumes: ReadonlySet<string>
  /** what each running sandbox was refused */
  readonly refusals: Map<string, readonly Refusal[]>
  /** orders in the sequence they came, such as `create <id>` */
  readonly orders: readonly string[]
  /** The sandbox dies by itself: its state changes, and a report tells why. */
  lose(sandboxId: string, reason: string, state?: EngineState): void
  /** What a request out of the sandbox is given just now. */
  reveal(sandboxId: string): Promise<readonly RevealedSecret[]>
}

/** What the fake starts with. */
export interface FakeOptions extends Partial<FakeKnobs> {
  readonly snapshots?: readonly SnapshotInfo[]
  /** what runs already, as after a restart of the platform */
  readonly running?: readonly { readonly spec: SandboxSpec; readonly state: Exclude<EngineState, 'absent'> }[]
}

const defaultSnapshot: SnapshotInfo = {
  name: 'default',
  sizeBytes: 2 ** 30,
  createdAtMs: 0,
  user: 'daytona',
  entrypoint: null,
}

/** Makes a fake engine, for tests of what is above it and for development without root. */
export function createFakeEngine(options: FakeOptions = {}): FakeEngine {
  const { snapshots: given, running = [], ...knobsGiven } = options
  const snapshots = [...(given ?? [defaultSnapshot])]
  const knobs: FakeKnobs = {
    startDelayMs: 0,
    stopDelayMs: 0,
    destroyDelayMs: 0,
    buildDelayMs: 0,
    failures: {},
    ...knobsGiven,
  }
  const states = new Map(running.map(({ spec, state }) => [spec.id, state]))
  const specs = new Map(running.map(({ spec }) => [spec.id, spec]))
  const volumes = new Set<string>()
  /** how to end the making of a snapshot, by name */
  const making = new Map<string, (reason: PlatformError) => void>()
  const orders: string[] = []
  const refusals = new Map<string, readonly Refusal[]>()
  const listeners = new Set<(report: SandboxReport) => void>()
  const inside = createInside()
  let reveal: RevealSecrets = async () => []

  const stateOf = (sandboxId: string): EngineState => states.get(sandboxId) ?? 'absent'

  function tell(report: SandboxReport): void {
    for (const listener of listeners) listener(report)
  }

  function become(sandboxId: string, state: EngineState, reason?: string): void {
    if (state === 'absent') {
      states.delete(sandboxId)
      specs.delete(sandboxId)
    } else states.set(sandboxId, state)
    tell({ sandboxId, state, ...(reason === undefined ? {} : { reason }) })
  }

  /** The state must be one of these, else the order is refused as by a real engine. */
  function mustBe(sandboxId: string, ...allowed: readonly EngineState[]): void {
    const state = stateOf(sandboxId)
    if (state === 'absent') throw new PlatformError('NOT_FOUND', `There is no sandbox ${sandboxId}`)
    if (!allowed.includes(state)) throw new PlatformError('CONFLICT', `Sandbox ${sandboxId} is ${state}`)
  }

  function changeSpec(sandboxId: string, change: Partial<SandboxSpec>): void {
    const spec = specs.get(sandboxId)
    if (spec !== undefined) specs.set(sandboxId, { ...spec, ...change })
  }

  async function order(name: OrderName, sandboxId: string, delayMs: number, signal?: AbortSignal): Promise<void> {
    orders.push(`${name} ${sandboxId}`)
    if (delayMs > 0) await delay(delayMs, undefined, signal === undefined ? {} : { signal })
    const failure = knobs.failures[name]
    if (failure !== undefined) throw failure
  }

  return {
    knobs,
    specs,
    volumes,
    orders,
    refusals,
    lose: (sandboxId, reason, state = 'stopped') => become(sandboxId, state, reason),
    reveal: (sandboxId) => reveal(sandboxId),
    async create(spec) {
      await order('create', spec.id, knobs.startDelayMs)
      if (!snapshots.some((snapshot) => snapshot.name === spec.snapshot)) {
        throw new PlatformError('BAD_REQUEST', `Snapshot ${spec.snapshot} not found`)
      }
      const missing = spec.volumes.find((mount) => !volumes.has(mount.volumeId))
      if (missing !== undefined) throw new PlatformError('BAD_REQUEST', `Volume ${missing.volumeId} not found`)
      specs.set(spec.id, spec)
      become(spec.id, 'started')
    },
    async start(sandboxId) {
      await order('start', sandboxId, knobs.startDelayMs)
      if (stateOf(sandboxId) === 'absent') throw new PlatformError('NOT_FOUND', `Sandbox ${sandboxId} has no disk`)
      mustBe(sandboxId, 'started', 'paused', 'stopped')
      become(sandboxId, 'started')
    },
    async stop(sandboxId, { graceMs }) {
      await order('stop', sandboxId, graceMs === 0 ? 0 : knobs.stopDelayMs)
      if (stateOf(sandboxId) === 'started' || stateOf(sandboxId) === 'paused') become(sandboxId, 'stopped')
    },
    async pause(sandboxId) {
      await order('pause', sandboxId, 0)
      mustBe(sandboxId, 'started', 'paused')
      become(sandboxId, 'paused')
    },
    async resume(sandboxId) {
      await order('resume', sandboxId, 0)
      mustBe(sandboxId, 'started', 'paused')
      become(sandboxId, 'started')
    },
    async fork(sourceId, spec) {
      await order('fork', sourceId, knobs.startDelayMs)
      if (specs.has(spec.id)) return
      mustBe(sourceId, 'started', 'paused', 'stopped')
      const source = specs.get(sourceId)
      if (source !== undefined && (spec.snapshot !== source.snapshot || spec.diskGib < source.diskGib)) {
        throw new PlatformError('BAD_REQUEST', `The disk of sandbox ${sourceId} is of another snapshot, or larger`)
      }
      specs.set(spec.id, spec)
      become(spec.id, 'started')
    },
    async resize(sandboxId, resources) {
      await order('resize', sandboxId, 0)
      mustBe(sandboxId, 'started', 'paused', 'stopped')
      if (resources.diskGib < (specs.get(sandboxId)?.diskGib ?? 0)) {
        throw new PlatformError('BAD_REQUEST', 'The disk of the sandbox cannot be made smaller')
      }
      changeSpec(sandboxId, resources)
    },
    async setNetwork(sandboxId, network) {
      await order('setNetwork', sandboxId, 0)
      mustBe(sandboxId, 'started', 'paused', 'stopped', 'archived')
      changeSpec(sandboxId, { network })
    },
    async setEnv(sandboxId, env) {
      await order('setEnv', sandboxId, 0)
      mustBe(sandboxId, 'started', 'paused', 'stopped', 'archived')
      changeSpec(sandboxId, { env })
    },
    async setSecrets(sandboxId, secrets) {
      await order('setSecrets', sandboxId, 0)
      mustBe(sandboxId, 'started', 'stopped', 'archived')
      changeSpec(sandboxId, { secrets })
    },
    revealSecretsWith(given) {
      reveal = given
    },
    async archive(sandboxId) {
      await order('archive', sandboxId, knobs.stopDelayMs)
      mustBe(sandboxId, 'stopped', 'archived')
      become(sandboxId, 'archived')
    },
    async restore(sandboxId) {
      await order('restore', sandboxId, knobs.startDelayMs)
      mustBe(sandboxId, 'stopped', 'archived')
      become(sandboxId, 'stopped')
    },
    async saveSnapshot(sandboxId, name) {
      await order('saveSnapshot', sandboxId, 0)
      mustBe(sandboxId, 'started', 'paused', 'stopped')
      if (snapshots.some((snapshot) => snapshot.name === name)) {
        throw new PlatformError('CONFLICT', `There is a snapshot ${name} already`)
      }
      const { user = 'daytona' } = specs.get(sandboxId) ?? {}
      const saved = { name, sizeBytes: 2 ** 20, createdAtMs: Date.now(), user, entrypoint: null }
      snapshots.push(saved)
      return saved
    },
    async makeSnapshot({ name, source }, tell) {
      if (snapshots.some((snapshot) => snapshot.name === name)) {
        throw new PlatformError('CONFLICT', `There is a snapshot ${name} already`)
      }
      const cancelled = Promise.withResolvers<never>()
      const over = new AbortController()
      cancelled.promise.catch(() => {}) // Nobody may wait for it any more.
      making.set(name, cancelled.reject)
      try {
        tell(source.kind === 'image' ? `pulling ${source.image}\n` : `building ${source.dockerfile}\n`)
        await Promise.race([order('makeSnapshot', name, knobs.buildDelayMs, over.signal), cancelled.promise])
      } finally {
        over.abort()
        making.delete(name)
      }
      tell('done\n')
      const entrypoint = source.kind === 'image' ? source.entrypoint : null
      const made = { name, sizeBytes: 2 ** 20, createdAtMs: Date.now(), user: 'root', entrypoint }
      snapshots.push(made)
      return made
    },
    async removeSnapshot(name) {
      await order('removeSnapshot', name, 0)
      making.get(name)?.(new PlatformError('CONFLICT', `The snapshot ${name} is being removed`))
      const index = snapshots.findIndex((snapshot) => snapshot.name === name)
      if (index < 0) return
      if ([...specs.values()].some((spec) => spec.snapshot === name)) {
        throw new PlatformError('CONFLICT', `The snapshot ${name} is in use`)
      }
      snapshots.splice(index, 1)
    },
    async makeVolume(volumeId) {
      await order('makeVolume', volumeId, 0)
      volumes.add(volumeId)
    },
    async removeVolume(volumeId) {
      await order('removeVolume', volumeId, 0)
      const isMounted = [...specs.values()].some((spec) => spec.volumes.some((mount) => mount.volumeId === volumeId))
      if (isMounted) throw new PlatformError('CONFLICT', `The volume ${volumeId} is in use`)
      volumes.delete(volumeId)
    },
    async refused(sandboxId) {
      mustBe(sandboxId, 'started', 'paused', 'stopped', 'archived')
      return stateOf(sandboxId) === 'started' ? (refusals.get(sandboxId) ?? []) : []
    },
    measure: async () =>
      [...states]
        .filter(([, state]) => state === 'started')
        .map(([sandboxId]) => ({
          sandboxId,
          cpuMs: 1000,
          memoryBytes: 2 ** 24,
          cacheBytes: 2 ** 23,
          diskBytes: 2 ** 20,
          receivedBytes: 100,
          sentBytes: 200,
        })),
    async destroy(sandboxId) {
      await order('destroy', sandboxId, knobs.destroyDelayMs)
      become(sandboxId, 'absent')
    },
    inspect: async (sandboxId) => ({ sandboxId, state: stateOf(sandboxId) }),
    async dial(sandboxId, target) {
      if (stateOf(sandboxId) !== 'started') throw new PlatformError('BAD_GATEWAY', `Sandbox ${sandboxId} does not run`)
      return inside.open(sandboxId, target)
    },
    async recover() {
      const reports = [...states].map(([sandboxId, state]) => ({ sandboxId, state }))
      for (const report of reports) tell(report)
      return reports
    },
    snapshots: () => snapshots,
    onReport(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async close() {
      for (const end of making.values()) end(new PlatformError('SERVICE_UNAVAILABLE', 'The engine is closed'))
      inside.close()
    },
  }
}

/** What answers behind `dial`: an HTTP server that never listens and tells what it was asked. */
function createInside() {
  const askedBy = new WeakMap<object, { sandboxId: string; target: DialTarget }>()
  const server: Server = createServer((request, response) => {
    const { method, url } = request
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ ...askedBy.get(request.socket), method, url }))
  })
  return {
    open(sandboxId: string, target: DialTarget): Duplex {
      const [outer, inner] = duplexPair()
      askedBy.set(inner, { sandboxId, target })
      server.emit('connection', inner)
      return outer
    },
    close: () => server.closeAllConnections(),
  }
}
