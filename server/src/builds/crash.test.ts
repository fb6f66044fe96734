import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { SandboxState, SnapshotState } from '@sandyard/protocol'
import { createFakeEngine, type FakeEngine } from '../../../engine/src/fake/fake-engine.ts'
import type { BuildState } from '../store/tables.ts'
import { dockerfile, sandboxIn, snapshotIn } from '../testing/build-calls.ts'
import { openTestServer, type TestServer, until } from '../testing/test-server.ts'

const buildInfo = { dockerfileContent: dockerfile, contextHashes: [] }
const order = { scope: 'test', source: { kind: 'dockerfile', dockerfile, contexts: [] }, logins: [] } as const
const resources = { cpu: 1, memoryGib: 1, diskGib: 3 }

/** What a crash can leave of a build and of what stands on it, and what the engine has; what comes of it. */
const crashes: readonly {
  readonly build: BuildState
  readonly sandbox: SandboxState
  readonly snapshot: SnapshotState
  readonly isMade: boolean
  readonly becomes: 'made' | 'failed'
  readonly orders: number
}[] = [
  { build: 'pending', sandbox: 'pending_build', snapshot: 'pending', isMade: false, becomes: 'made', orders: 1 },
  { build: 'making', sandbox: 'pending_build', snapshot: 'pending', isMade: false, becomes: 'made', orders: 1 },
  { build: 'making', sandbox: 'building_snapshot', snapshot: 'building', isMade: false, becomes: 'made', orders: 1 },
  { build: 'making', sandbox: 'building_snapshot', snapshot: 'building', isMade: true, becomes: 'made', orders: 0 },
  { build: 'ready', sandbox: 'building_snapshot', snapshot: 'building', isMade: true, becomes: 'made', orders: 0 },
  { build: 'ready', sandbox: 'pending_build', snapshot: 'pending', isMade: true, becomes: 'made', orders: 0 },
  { build: 'ready', sandbox: 'creating', snapshot: 'active', isMade: true, becomes: 'made', orders: 0 },
  { build: 'failed', sandbox: 'building_snapshot', snapshot: 'building', isMade: false, becomes: 'failed', orders: 0 },
  {
    build: 'removing',
    sandbox: 'building_snapshot',
    snapshot: 'building',
    isMade: false,
    becomes: 'failed',
    orders: 0,
  },
]

/** Writes a build with a sandbox and a snapshot that stand on it, each in its state; nothing happens by itself. */
async function leave(server: TestServer, left: (typeof crashes)[number]) {
  const { builds, sandboxes, snapshots } = server.server.store
  const organizationId = (await sandboxes.byId((await server.create()).id))?.organizationId ?? ''
  // Enough of an order that it can be written: what is begun is held back for ever.
  server.engine.makeSnapshot = () => new Promise(() => {})
  const { id } = (await server.call('POST /sandbox', { body: { name: 'left', buildInfo } })).body
  const snapshot = (await server.call('POST /snapshots', { body: { name: 'left', buildInfo } })).body
  await sandboxIn(server, id, 'building_snapshot')
  await snapshotIn(server, 'left', 'building')
  const buildId = (await sandboxes.byId(id))?.snapshotRef ?? ''
  return { id, buildId, organizationId, snapshotId: snapshot.id, builds, snapshots, left }
}

type Left = Awaited<ReturnType<typeof leave>>

/** Takes the rows to where they were left, past what is legal: a crash can come between any two of them. */
async function rewind(storePath: string, { id, buildId, snapshotId, left }: Left): Promise<void> {
  const { DatabaseSync } = await import('node:sqlite')
  const database = new DatabaseSync(storePath)
  const set = (table: string, state: string, row: string) =>
    database.prepare(`update ${table} set state = ? where id = ?`).run(state, row)
  set('builds', left.build, buildId)
  set('sandboxes', left.sandbox, id)
  set('snapshots', left.snapshot, snapshotId)
  database
    .prepare('update builds set "user" = ?, "sizeBytes" = 1, "errorReason" = ? where id = ?')
    .run('root', left.build === 'failed' ? 'It broke' : null, buildId)
  database.close()
}

for (const left of crashes) {
  const what = `${left.build} build, ${left.sandbox} sandbox, ${left.snapshot} snapshot`
  test(`after a crash: ${what}${left.isMade ? ', made by the engine' : ''}: ${left.becomes}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sandyard-build-crash-'))
    try {
      const storePath = join(folder, 'store.sqlite')
      const options = { storePath, folder }
      const first = await openTestServer({ ...options, isRecovered: false })
      const kept = await leave(first, left).finally(() => first.server.close())
      await rewind(storePath, kept)
      const engine: FakeEngine = createFakeEngine()
      const wanted = { ...order, name: kept.buildId, resources }
      if (left.isMade) await engine.makeSnapshot(wanted, () => {})
      const before = engine.orders.length
      await using second = await openTestServer({ ...options, engine })
      const [sandbox, snapshot] = left.becomes === 'made' ? ['started', 'active'] : ['build_failed', 'build_failed']
      const [after] = await Promise.all([sandboxIn(second, kept.id, sandbox), snapshotIn(second, 'left', snapshot)])
      const ordered = engine.orders.slice(before)
      assert.equal(ordered.filter((one) => one.startsWith('makeSnapshot')).length, left.orders)
      assert.equal(ordered.filter((one) => one === `create ${kept.id}`).length, left.becomes === 'made' ? 1 : 0)
      const log = await second.call(`GET /sandbox/${kept.id}/build-logs?follow=true`)
      assert.equal(log.status, 200)
      if (left.build === 'making' && !left.isMade) assert.match(log.body, /the platform was restarted.*\n.*done\n$/s)
      if (left.build === 'failed') assert.equal(after.errorReason, 'It broke')
      assert.equal(engine.snapshots().length, left.becomes === 'made' ? 2 : 1)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
}

test('a follower ends when the platform goes down, and the build goes on after it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sandyard-build-crash-'))
  try {
    const options = { storePath: join(folder, 'store.sqlite'), folder }
    const engine = createFakeEngine()
    const { makeSnapshot } = engine
    const first = await openTestServer({ ...options, engine })
    const gate = Promise.withResolvers<never>()
    engine.makeSnapshot = (_, tell) => {
      tell('begun\n')
      return gate.promise
    }
    const { id } = (await first.call('POST /sandbox', { body: { buildInfo } })).body
    const path = `GET /sandbox/${id}/build-logs?follow=true`
    await sandboxIn(first, id, 'building_snapshot')
    const following = first.call(path)
    await until(async () => (await first.call(path.replace('?follow=true', ''))).body === 'begun\n')
    await first.server.close()
    assert.equal((await following).body, 'begun\n')
    gate.reject(new Error('The engine lets go of everything'))
    engine.makeSnapshot = makeSnapshot
    await using second = await openTestServer({ ...options, engine })
    const after = second.call(path)
    await sandboxIn(second, id, 'started')
    assert.match((await after).body, /^begun\n\[the platform was restarted; the build goes on\]\nbuilding .*done\n$/s)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('what a crash has left of a build that nobody stands on is cleared away, its log too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sandyard-build-crash-'))
  try {
    const options = { storePath: join(folder, 'store.sqlite'), folder }
    const engine = createFakeEngine()
    const { makeSnapshot } = engine
    const first = await openTestServer({ ...options, engine, isRecovered: false })
    engine.makeSnapshot = (_, tell) => {
      tell('begun\n')
      return new Promise(() => {})
    }
    await first.call('POST /snapshots', { body: { name: 'one', imageName: 'a/b:1' } })
    await snapshotIn(first, 'one', 'pulling')
    await until(() => readdirSync(join(folder, 'build-logs')).length === 1)
    const record = await first.server.store.snapshots.byIdOrName(
      (await first.server.store.sandboxes.byId((await first.create()).id))?.organizationId ?? randomUUID(),
      'one',
    )
    assert.ok(record !== undefined)
    await first.server.store.snapshots.delete(record.id, first.clock.nowMs)
    await first.server.close()
    engine.makeSnapshot = makeSnapshot
    await using second = await openTestServer({ ...options, engine })
    await until(async () => {
      await second.server.reconcile.round()
      return readdirSync(join(folder, 'build-logs')).length === 0
    })
    assert.equal(await second.server.store.builds.byId(record.buildId ?? ''), undefined)
  } finally {
    await rm(folder, { recursive: true })
  }
})
