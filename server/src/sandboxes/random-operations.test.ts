import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { type EngineState, limits, PlatformError, restingStates, type SandboxState } from '@sandyard/protocol'
import { createFakeEngine, type OrderName } from '../../../engine/src/fake/fake-engine.ts'
import { createRandom } from '../../../test/fixtures/random.ts'
import { checkSecrets, checkWhatSandboxesNeed } from '../testing/model-invariants.ts'
import { openTestServer, type TestAnswer, type TestServer, testConfig } from '../testing/test-server.ts'
import { isLegal } from '../testing/wire-states.ts'

/** All at once on one id, so that they meet. */
const width = 5
const operationCount = Number(process.env.SANDYARD_RANDOM_OPERATIONS ?? 5000)
const seed = Number(process.env.SANDYARD_RANDOM_SEED ?? 20_261_121)

/** What engines throw that nobody foresaw. */
const broken = new Error('it broke')

/** What an answer may be: done, wrong, gone, busy, not for this sandbox, or a failure that the engine was given. */
const expected = new Set([200, 201, 204, 400, 404, 409, 422, 500, 503])

const verbs = [
  'POST start',
  'POST start',
  'POST stop',
  'POST stop?force=true',
  'POST pause',
  'POST archive',
  'POST fork',
  'POST snapshot',
  'POST resize',
  'POST recover',
  'POST recover?skipStart=true',
  'POST network-settings',
  'PUT secrets',
  'POST public/true',
  'PUT labels',
  'POST autostop/0',
  'DELETE ',
] as const

/** What each thing that is operated on is listed by. */
const listings: Readonly<Record<string, string>> = { '/volumes/': '/volumes', '/secret/': '/secret' }

/** Near what the operations come to, so that it is often met. */
const quotas = {
  totalCpu: 30,
  totalMemoryGib: 40,
  totalDiskGib: 60,
  persistentDiskGib: null,
  snapshots: 8,
  snapshotSizeGb: null,
  volumes: 5,
  secrets: 4,
}

/** Operations on what sandboxes need. */
const needs = [
  'POST /volumes',
  'POST /volumes',
  'DELETE /volumes/',
  'POST /snapshots',
  'POST /snapshots',
  'POST /snapshots built',
  'DELETE /snapshots/',
  'POST /snapshots/ deactivate',
  'POST /snapshots/ activate',
  'POST /secret',
  'PATCH /secret/',
  'DELETE /secret/',
] as const

test(`${operationCount} random operations with seed ${seed}: store, engine and answers agree`, async (context) => {
  const random = createRandom(seed)
  // In memory where that can be: no machine crashes here, so that no write needs to wait for a disk.
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'model-'))
  const storePath = join(folder, 'store.db')
  const engine = createFakeEngine()
  const seen = new Set<string>()
  const illegal = new Set<string>()
  let server = await open()
  let ids: string[] = []
  let nameCount = 0

  async function open(nowMs?: number): Promise<TestServer> {
    const opened = await openTestServer({
      engine,
      storePath,
      folder,
      config: { ...testConfig, quotas },
      ...(nowMs === undefined ? {} : { nowMs }),
    })
    opened.server.feed.subscribe(({ before, after }) => {
      seen.add(`${before?.state ?? null} > ${after.state}`)
      const { state, desiredState } = after
      if (!isLegal(desiredState, state)) illegal.add(`${state}, wanted ${desiredState}`)
    })
    return opened
  }

  const bodies: Record<string, () => object> = {
    fork: () => (random.chance(0.3) ? { name: `n${random.below(30)}` } : {}),
    snapshot: () => ({ name: `s${random.below(20)}` }),
    resize: () => ({ cpu: 1 + random.below(4), ...(random.chance(0.3) ? { disk: 3 + random.below(5) } : {}) }),
    'network-settings': () => (random.chance(0.5) ? { networkBlockAll: true } : { networkAllowList: '192.0.2.0/24' }),
    labels: () => ({ labels: { n: `${random.below(5)}` } }),
    secrets: () => ({ secrets: wantedSecrets() }),
  }

  async function operate(id: string): Promise<TestAnswer> {
    const [method, verb = ''] = random.pick(verbs).split(' ')
    const body = bodies[verb]?.()
    return server.call(`${method} /sandbox/${id}${verb === '' ? '' : `/${verb}`}`, body === undefined ? {} : { body })
  }

  const wantedSecrets = () => (random.chance(0.2) ? [] : [{ KEY: `k${random.below(5)}` }])
  const secretBody = () => ({ value: `v${random.below(1000)}`, hosts: [`h${random.below(9)}.example.com`] })

  const buildInfo = () => ({ dockerfileContent: `FROM sandyard/default\nRUN ${random.below(6)}\n`, contextHashes: [] })

  /** A change of volumes and snapshots, also of those that are in use. */
  async function supply(): Promise<TestAnswer> {
    const [request = '', how] = random.pick(needs).split(/ (?=\w+$)/)
    const [method, path] = request.split(' ')
    if (request === 'POST /volumes') return server.call(request, { body: { name: `v${random.below(8)}` } })
    if (request === 'POST /secret')
      return server.call(request, { body: { name: `k${random.below(5)}`, ...secretBody() } })
    if (request === 'POST /snapshots') {
      const source = how === 'built' ? { buildInfo: buildInfo() } : { imageName: `alpine:${random.below(4)}` }
      return server.call(request, { body: { name: `s${random.below(20)}`, ...source } })
    }
    const listed = (await server.call(`GET ${listings[path ?? ''] ?? '/snapshots?limit=200'}`)).body
    const own = (listed.items ?? listed).filter((each: { general?: boolean }) => each.general !== true)
    const { id } = random.pick<{ id: string }>([...own, { id: 'none' }])
    const body = method === 'PATCH' ? { body: secretBody() } : {}
    return server.call(`${method} ${path}${id}${how === undefined ? '' : `/${how}`}`, body)
  }

  async function create(): Promise<TestAnswer> {
    const name = random.chance(0.5) ? { name: `n${nameCount++ % 30}` } : {}
    const env = random.chance(0.3) ? { env: { A: `${random.below(3)}` } } : {}
    const ephemeral = random.chance(0.1) ? { autoDeleteInterval: 0 } : {}
    const volumes = random.chance(0.2) ? { volumes: [{ volumeId: `v${random.below(8)}`, mountPath: '/data' }] } : {}
    const secrets = random.chance(0.2) ? { secrets: wantedSecrets() } : {}
    const from = random.chance(0.2)
      ? { buildInfo: buildInfo() }
      : random.chance(0.2)
        ? { snapshot: `s${random.below(20)}` }
        : {}
    const answer = await server.call('POST /sandbox', {
      body: { ...name, ...env, ...ephemeral, ...volumes, ...secrets, ...from },
    })
    if (answer.status === 200) ids.push(answer.body.id)
    return answer
  }

  /** Something goes wrong in the engine, or goes slowly, until the next change of the weather. */
  function changeWeather(): void {
    const { knobs } = engine
    const failing: Partial<Record<OrderName, Error>> = {}
    if (random.chance(0.4)) {
      const name = random.pick<OrderName>([
        'create',
        'start',
        'stop',
        'destroy',
        'pause',
        'resume',
        'fork',
        'resize',
        'archive',
        'restore',
        'saveSnapshot',
        'setEnv',
        'setSecrets',
        'removeSnapshot',
        'makeSnapshot',
        'makeVolume',
        'removeVolume',
      ])
      failing[name] = random.chance(0.5) ? broken : new PlatformError('SERVICE_UNAVAILABLE', 'Not now')
    }
    Object.assign(knobs, {
      failures: failing,
      startDelayMs: random.below(3),
      stopDelayMs: random.below(3),
      destroyDelayMs: random.below(3),
      buildDelayMs: random.below(4),
    })
  }

  /** The weather clears, all that is under way ends, and time passes until nothing changes any more. */
  async function settle(): Promise<void> {
    Object.assign(engine.knobs, { failures: {}, startDelayMs: 0, stopDelayMs: 0, destroyDelayMs: 0, buildDelayMs: 0 })
    for (let round = 0; round < 40; round++) {
      await server.server.reconcile.round()
      await server.server.settled()
      const moving = (await rows()).filter(({ state }) => !restingStates.has(state))
      if (moving.length === 0 && (await isSupplied()) && round > 1) return
      // Past the longest back-off, but not to any automatic stop.
      server.clock.nowMs += 301_000
      await server.call('GET /health')
    }
    assert.fail(`something never came to rest: ${JSON.stringify((await rows()).map(({ id, state }) => [id, state]))}`)
  }

  /** Nothing is under way of volumes, snapshots and the pool. */
  async function isSupplied(): Promise<boolean> {
    const volumes: { state: string }[] = (await server.call('GET /volumes')).body
    const { items } = (await server.call('GET /snapshots?limit=200')).body as { items: { state: string }[] }
    const resting = new Set(['ready', 'error', 'active', 'inactive', 'build_failed'])
    const untold = await server.server.store.secrets.untoldIn(['started', 'stopped', 'archived'], 1)
    return untold.length === 0 && [...volumes, ...items].every(({ state }) => resting.has(state))
  }

  /** Everything is deleted, and when builds are kept no longer, nothing is left. */
  async function removeAll(): Promise<void> {
    const [pool] = (await server.call('GET /warm-pools')).body
    await server.call(`DELETE /warm-pools/${pool.id}`)
    // Sandboxes with forks go after them.
    while ((await rows()).some(({ state }) => state !== 'destroyed')) {
      const before = (await rows()).filter(({ state }) => state !== 'destroyed').length
      for (const { id } of await rows()) await server.call(`DELETE /sandbox/${id}`)
      await settle()
      assert.ok((await rows()).filter(({ state }) => state !== 'destroyed').length < before, 'what is deleted goes')
    }
    for (const { id } of (await server.call('GET /snapshots?limit=200')).body.items)
      await server.call(`DELETE /snapshots/${id}`)
    for (const { id } of (await server.call('GET /volumes')).body) await server.call(`DELETE /volumes/${id}`)
    server.clock.nowMs += limits.buildKeptMs + 1
    await settle()
    await checkWhatSandboxesNeed(server, storePath, server.clock.nowMs - limits.buildKeptMs)
    const left = [[...engine.specs.keys()], [...engine.volumes], engine.snapshots().map(({ name }) => name)]
    assert.deepEqual(left, [[], [], ['default']], 'nothing is left in the engine')
  }

  const rows = () => server.server.store.sandboxes.inStates(allStates)

  async function check(): Promise<void> {
    const living = (await rows()).filter(({ state }) => state !== 'destroyed')
    const warm = new Set((await server.server.store.warmPools.all()).map(({ id }) => id))
    for (const row of living) {
      const { state } = await engine.inspect(row.id)
      assert.ok(fits(row.state, state), `${row.id} is ${row.state} in the store, ${state} in the engine`)
      assert.ok(!warm.has(row.id), `${row.id} is a sandbox and in a pool`)
      if (state === 'absent') continue
      const spec = engine.specs.get(row.id)
      assert.deepEqual(
        [spec?.cpu, spec?.memoryGib, spec?.diskGib, spec?.network.blockAll, spec?.env.A],
        [row.cpu, row.memoryGib, row.diskGib, row.networkBlockAll, row.env.A],
        `${row.id} is not in the engine what it is in the store`,
      )
    }
    const known = new Set([...living.map(({ id }) => id), ...warm])
    assert.deepEqual(
      [...engine.specs.keys()].filter((id) => !known.has(id)),
      [],
      'the engine has what nobody knows',
    )
    assert.equal(new Set(living.map(({ name }) => name)).size, living.length, 'names are unique')
    const listed: string[] = []
    for (let cursor = ''; ; ) {
      const { body } = await server.call(`GET /sandbox?limit=50&includeErroredDeleted=true${cursor}`)
      listed.push(...body.items.map(({ id }: { id: string }) => id))
      if (body.nextCursor === null) break
      cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`
    }
    assert.deepEqual(listed.sort(), living.map(({ id }) => id).sort(), 'the listing has each once')
    const saved = (await server.call('GET /snapshots?limit=200')).body.items.filter(
      ({ general, state }: { general: boolean; state: string }) => !general && state === 'active',
    )
    const made = new Set(engine.snapshots().map(({ name }) => name))
    const { snapshots } = server.server.store
    for (const { id, organizationId } of saved) {
      const buildId = (await snapshots.byIdOrName(organizationId, id))?.buildId
      assert.ok(made.has(buildId ?? id), `snapshot ${id} is not in the engine`)
    }
    await checkWhatSandboxesNeed(server, storePath, server.clock.nowMs - limits.buildKeptMs)
    await checkSecrets(server, storePath)
    ids = living.map(({ id }) => id)
  }

  try {
    await server.call('POST /warm-pools', { body: { snapshot: 'default', pool: 2 } })
    for (let done = 0; done < operationCount; ) {
      if (random.chance(0.02)) changeWeather()
      if (random.chance(0.01) && ids.length > 0) {
        const id = random.pick(ids)
        const isLost = random.chance(0.1)
        const { state } = await engine.inspect(id)
        if (state === 'started' || (isLost && state !== 'absent'))
          engine.lose(id, 'It died', isLost ? 'absent' : 'stopped')
      }
      if (random.chance(0.02)) server.clock.nowMs += random.below(30_000)
      if (random.chance(0.004)) {
        // The platform goes away with all that is under way, and comes back.
        const { nowMs } = server.clock
        await server.server.close()
        server = await open(nowMs)
      }
      const target = ids.length > 0 ? random.pick(ids) : ''
      const burst = Array.from({ length: 1 + random.below(width) }, () =>
        random.chance(0.1)
          ? supply()
          : ids.length < 3 || (ids.length < 25 && random.chance(0.15))
            ? create()
            : operate(target),
      )
      for (const { status, body } of await Promise.all(burst)) {
        assert.ok(expected.has(status), `${status}: ${JSON.stringify(body)}`)
        // A call may wait for an order that was given in the weather before.
        const faults = server.faults.splice(0).filter((fault) => !inspect(fault).includes(broken.message))
        if (status === 500) assert.deepEqual(faults, [], JSON.stringify(body))
      }
      done += burst.length
      if (random.chance(0.015)) {
        await settle()
        await check()
      }
    }
    await settle()
    await check()
    await removeAll()
    context.diagnostic(`transitions seen: ${[...seen].sort().join(', ')}`)
    assert.deepEqual([...illegal], [], 'states that do not go with what is wanted')
    for (const transition of mustBeSeen) assert.ok(seen.has(transition), `${transition} was never seen`)
  } finally {
    await server[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  }
})

const allStates: readonly SandboxState[] = [
  ...restingStates,
  'creating',
  'starting',
  'stopping',
  'destroying',
  'pausing',
  'resuming',
  'archiving',
  'restoring',
  'resizing',
  'snapshotting',
  'forking',
  'pending_build',
  'building_snapshot',
]

/** What the engine may say of a sandbox at rest in the store; in `error` it may be anything. */
function fits(state: SandboxState, inEngine: EngineState): boolean {
  if (state === 'build_failed') return inEngine === 'absent'
  return state === 'error' || state === inEngine
}

/** A run that has not gone here has not tried enough. */
const mustBeSeen = [
  'null > creating',
  'null > started',
  'null > pending_build',
  'pending_build > building_snapshot',
  'building_snapshot > creating',
  'creating > started',
  'started > stopping',
  'stopping > stopped',
  'stopped > starting',
  'starting > started',
  'started > pausing',
  'pausing > paused',
  'paused > resuming',
  'resuming > started',
  'paused > stopping',
  'stopped > archiving',
  'archiving > archived',
  'archived > restoring',
  'started > resizing',
  'resizing > started',
  'started > snapshotting',
  'snapshotting > started',
  'started > forking',
  'forking > started',
  'started > destroying',
  'destroying > destroyed',
  'started > stopped',
]
