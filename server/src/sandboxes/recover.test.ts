import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { EngineState, SandboxState } from '@sandyard/protocol'
import { createFakeEngine } from '../../../engine/src/fake/fake-engine.ts'
import type { SandboxPatch } from '../store/sandbox-record.ts'
import { openTestServer, until } from '../testing/test-server.ts'
import { adoptReport } from './adopt.ts'

/** What a crash can leave in the store, what the engine says of it, and what it must be after the next start. */
const crashes: readonly {
  left: SandboxState
  engine: EngineState
  becomes: SandboxState
  reason?: RegExp
  orders?: string[]
}[] = [
  { left: 'creating', engine: 'started', becomes: 'started' },
  { left: 'creating', engine: 'absent', becomes: 'destroyed', orders: ['destroy'] },
  { left: 'creating', engine: 'stopped', becomes: 'destroyed', orders: ['destroy'] },
  { left: 'started', engine: 'started', becomes: 'started' },
  { left: 'started', engine: 'stopped', becomes: 'stopped', reason: /stopped while the platform was not running/ },
  { left: 'started', engine: 'absent', becomes: 'error', reason: /disk is gone/ },
  { left: 'starting', engine: 'started', becomes: 'started' },
  { left: 'starting', engine: 'stopped', becomes: 'started', orders: ['start'] },
  { left: 'starting', engine: 'absent', becomes: 'error', reason: /disk is gone/ },
  { left: 'stopping', engine: 'started', becomes: 'stopped', orders: ['stop'] },
  { left: 'stopping', engine: 'stopped', becomes: 'stopped' },
  { left: 'stopping', engine: 'absent', becomes: 'error', reason: /disk is gone/ },
  { left: 'stopped', engine: 'stopped', becomes: 'stopped' },
  { left: 'stopped', engine: 'started', becomes: 'started' },
  { left: 'stopped', engine: 'absent', becomes: 'error', reason: /disk is gone/ },
  { left: 'error', engine: 'absent', becomes: 'error', reason: /as it was/ },
  { left: 'error', engine: 'stopped', becomes: 'stopped', reason: /as it was/ },
  { left: 'error', engine: 'started', becomes: 'started' },
  { left: 'error', engine: 'archived', becomes: 'archived', reason: /as it was/ },
  { left: 'error', engine: 'paused', becomes: 'paused' },
  { left: 'pausing', engine: 'started', becomes: 'paused', orders: ['pause'] },
  { left: 'pausing', engine: 'paused', becomes: 'paused' },
  { left: 'pausing', engine: 'stopped', becomes: 'stopped', reason: /stopped while the platform was not running/ },
  { left: 'pausing', engine: 'absent', becomes: 'error', reason: /disk is gone/ },
  { left: 'paused', engine: 'paused', becomes: 'paused' },
  { left: 'paused', engine: 'started', becomes: 'started' },
  { left: 'paused', engine: 'stopped', becomes: 'stopped', reason: /stopped while the platform was not running/ },
  { left: 'resuming', engine: 'paused', becomes: 'started', orders: ['resume'] },
  { left: 'resuming', engine: 'started', becomes: 'started' },
  { left: 'resuming', engine: 'stopped', becomes: 'stopped', reason: /stopped while the platform was not running/ },
  { left: 'archiving', engine: 'stopped', becomes: 'archived', orders: ['archive'] },
  { left: 'archiving', engine: 'archived', becomes: 'archived' },
  { left: 'archiving', engine: 'absent', becomes: 'error', reason: /disk is gone/ },
  { left: 'archived', engine: 'archived', becomes: 'archived' },
  { left: 'archived', engine: 'stopped', becomes: 'stopped' },
  { left: 'archived', engine: 'absent', becomes: 'error', reason: /disk is gone/ },
  { left: 'restoring', engine: 'archived', becomes: 'started', orders: ['restore', 'start'] },
  { left: 'restoring', engine: 'stopped', becomes: 'started', orders: ['start'] },
  { left: 'restoring', engine: 'started', becomes: 'started' },
  { left: 'restoring', engine: 'absent', becomes: 'error', reason: /disk is gone/ },
  { left: 'resizing', engine: 'started', becomes: 'started', orders: ['resize'] },
  { left: 'resizing', engine: 'stopped', becomes: 'stopped', reason: /not running/, orders: ['resize'] },
  { left: 'resizing', engine: 'absent', becomes: 'error', reason: /disk is gone/ },
  // What it was saved as, or forked to, was never written: only the state is left.
  { left: 'snapshotting', engine: 'started', becomes: 'started' },
  { left: 'snapshotting', engine: 'stopped', becomes: 'stopped', reason: /not running/ },
  { left: 'forking', engine: 'started', becomes: 'started' },
  { left: 'forking', engine: 'absent', becomes: 'error', reason: /disk is gone/ },
  { left: 'destroying', engine: 'absent', becomes: 'destroyed' },
  { left: 'destroying', engine: 'stopped', becomes: 'destroyed', orders: ['destroy'] },
  { left: 'destroying', engine: 'started', becomes: 'destroyed', orders: ['destroy'] },
]

/** How a sandbox gets into each state, from the state before. */
const ways: Partial<Record<SandboxState, readonly [SandboxState, SandboxPatch][]>> = {
  creating: [],
  started: [['started', {}]],
  stopping: [
    ['started', {}],
    ['stopping', { desiredState: 'stopped' }],
  ],
  stopped: [
    ['started', {}],
    ['stopped', { desiredState: 'stopped' }],
  ],
  starting: [
    ['started', {}],
    ['stopped', {}],
    ['starting', { desiredState: 'started' }],
  ],
  error: [['error', { errorReason: 'as it was' }]],
  pausing: [
    ['started', {}],
    ['pausing', { desiredState: 'paused' }],
  ],
  paused: [
    ['started', {}],
    ['paused', { desiredState: 'paused' }],
  ],
  resuming: [
    ['started', {}],
    ['paused', {}],
    ['resuming', { desiredState: 'started' }],
  ],
  archiving: [
    ['started', {}],
    ['stopped', {}],
    ['archiving', { desiredState: 'archived' }],
  ],
  archived: [
    ['started', {}],
    ['archived', { desiredState: 'archived' }],
  ],
  restoring: [
    ['started', {}],
    ['archived', {}],
    ['restoring', { desiredState: 'started' }],
  ],
  resizing: [
    ['started', {}],
    ['resizing', { wanted: { kind: 'resources', cpu: 2, memoryGib: 2, diskGib: 3 } }],
  ],
  snapshotting: [
    ['started', {}],
    ['snapshotting', {}],
  ],
  forking: [
    ['started', {}],
    ['forking', {}],
  ],
  destroying: [['destroying', { desiredState: 'destroyed' }]],
}

for (const { left, engine: engineState, becomes, reason, orders = [] } of crashes) {
  test(`after a crash: ${left} in the store and ${engineState} in the engine becomes ${becomes}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sandyard-server-'))
    try {
      const storePath = join(folder, 'store.sqlite')
      const { id, spec } = await leave(storePath, left)
      const engine = createFakeEngine({
        running: engineState === 'absent' ? [] : [{ spec, state: engineState }],
      })
      await using server = await openTestServer({ engine, storePath })
      const { sandboxes } = server.server.store
      await until(async () => (await sandboxes.byId(id))?.state === becomes)
      const after = await sandboxes.byId(id)
      assert.match(after?.errorReason ?? '', reason ?? /^$/)
      assert.deepEqual(
        engine.orders,
        orders.map((order) => `${order} ${id}`),
      )
      assert.equal(after?.wanted, null)
      const isThere = ['started', 'stopped', 'paused', 'archived'].includes(becomes)
      assert.equal((await engine.inspect(id)).state, isThere ? becomes : 'absent')
      assert.equal((await server.call(`GET /sandbox/${id}`)).status, becomes === 'destroyed' ? 404 : 200)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
}

/** Writes a store in which one sandbox was left in a state, as a killed process leaves it. */
async function leave(storePath: string, state: SandboxState) {
  await using server = await openTestServer({ storePath, isRecovered: false })
  const { sandboxes } = server.server.store
  const { id } = await server.create()
  const spec = server.engine.specs.get(id)
  const made = await sandboxes.byId(id)
  assert.ok(spec !== undefined && made !== undefined)
  const copy = {
    ...made,
    id: `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`,
    name: 'left',
    state: 'creating' as const,
  }
  await sandboxes.insert(copy)
  let from: SandboxState = 'creating'
  for (const [to, patch] of ways[state] ?? []) {
    assert.ok(await sandboxes.changeState({ id: copy.id, from, to, patch, nowMs: 0 }))
    from = to
  }
  await server.call(`DELETE /sandbox/${id}`)
  await until(async () => (await sandboxes.byId(id))?.state === 'destroyed')
  return { id: copy.id, spec: { ...spec, id: copy.id } }
}

test('the time in which the platform was away does not stop a sandbox', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sandyard-server-'))
  try {
    const storePath = join(folder, 'store.sqlite')
    const engine = createFakeEngine()
    const before = await openTestServer({ engine, storePath })
    const { id } = await before.create({ autoStopInterval: 1 })
    await before.server.close()
    await using after = await openTestServer({ engine, storePath, nowMs: before.clock.nowMs + 3_600_000 })
    await after.server.reconcile.round()
    assert.equal((await after.call(`GET /sandbox/${id}`)).body.state, 'started')
    assert.deepEqual(engine.orders, [`create ${id}`])
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a sandbox that dies by itself is stopped, says why, and stays so', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  server.engine.lose(id, 'It ran out of memory')
  await until(async () => (await server.call(`GET /sandbox/${id}`)).body.state === 'stopped')
  await server.server.reconcile.round()
  const { body } = await server.call(`GET /sandbox/${id}`)
  assert.deepEqual([body.state, body.desiredState, body.errorReason], ['stopped', 'stopped', 'It ran out of memory'])
  assert.deepEqual(server.engine.orders, [`create ${id}`])
  const started = await server.call(`POST /sandbox/${id}/start`)
  assert.deepEqual([started.body.state, started.body.errorReason], ['started', undefined])
})

test('a death during an order is told after it', async () => {
  const engine = createFakeEngine({ startDelayMs: 20 })
  await using server = await openTestServer({ engine })
  engine.onReport(({ sandboxId, state }) => {
    if (state === 'started') engine.lose(sandboxId, 'It died at birth')
  })
  const { body } = await server.call('POST /sandbox')
  assert.deepEqual([body.state, body.errorReason], ['stopped', 'It died at birth'])
})

test('a report that cannot be written is tried again', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  const { sandboxes } = server.server.store
  const { changeState } = sandboxes
  sandboxes.changeState = async () => {
    throw new Error('The disk is full')
  }
  server.engine.lose(id, 'It died')
  await until(() => server.faults.length > 0)
  sandboxes.changeState = changeState
  await server.server.reconcile.round()
  await until(async () => (await sandboxes.byId(id))?.state === 'stopped')
  server.faults.length = 0
})

test('a report of a sandbox that is gone or in another state of its life changes nothing', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  const record = await server.server.store.sandboxes.byId(id)
  assert.ok(record !== undefined)
  assert.equal(adoptReport({ ...record, state: 'destroyed' }, { sandboxId: id, state: 'started' }, 0), null)
  assert.equal(adoptReport(record, { sandboxId: id, state: 'started' }, 0), null)
})
