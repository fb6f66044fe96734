import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { openTestServer } from '../testing/test-server.ts'

const count = 10_000

test('10,000 snapshots are listed a page at a time, quickly, in every order', async (context) => {
  await using server = await openTestServer()
  const { store } = server.server
  const { id } = await server.create()
  const organizationId = (await store.sandboxes.byId(id))?.organizationId ?? ''
  const change = { id, from: 'started', to: 'started', patch: {}, nowMs: 0 } as const
  for (let at = 0; at < count; at += 1) {
    const snapshot = {
      id: randomUUID(),
      organizationId,
      name: `s${String(at).padStart(5, '0')}`,
      state: 'active' as const,
      sourceSandboxId: null,
      buildId: null,
      imageName: null,
      user: 'root',
      entrypoint: null,
      sizeBytes: 1,
      cpu: 1,
      memoryGib: 1,
      diskGib: 3,
      errorReason: null,
      createdAtMs: at,
      updatedAtMs: at,
      lastUsedAtMs: at % 2 === 0 ? at : null,
    }
    await store.sandboxes.changeStateWith(change, { snapshot })
  }
  const names = async (query: string): Promise<string[]> => {
    const { body } = await server.call(`GET /snapshots?limit=3&${query}`)
    return [`${body.total}`, ...body.items.map((snapshot: { name: string }) => snapshot.name)]
  }
  const all = `${count + 1}`
  assert.deepEqual(await names('sort=name&order=asc'), [all, 's00000', 's00001', 's00002'])
  assert.deepEqual(await names('sort=name&order=desc&page=2'), [all, 's09996', 's09995', 's09994'])
  assert.deepEqual(await names('page=1'), [all, 's09998', 's09996', 's09994'])
  // 5000 have been used; what has not comes after them, the newest first.
  assert.deepEqual(await names('order=asc&page=1667'), [all, 's09996', 's09998', 's09999'])
  assert.deepEqual(await names('sort=createdAt&order=asc&page=3334'), [all, 's09999', 'default'])
  assert.deepEqual(await names('page=3335'), [all])
  assert.deepEqual(await names('name=S0999&sort=name'), ['10', 's09999', 's09998', 's09997'])
  assert.deepEqual(await names('name=%25'), ['0'])
  assert.deepEqual(await names('name=_'), ['0'])
  assert.deepEqual(await names('name=efaul'), ['1', 'default'])

  const times: number[] = []
  for (let turn = 0; turn < 20; turn += 1) {
    // Of our own processor time: others may have the machine meanwhile.
    const began = process.threadCpuUsage()
    const { body } = await server.call(`GET /snapshots?limit=200&page=${turn + 1}`)
    const { user, system } = process.threadCpuUsage(began)
    times.push((user + system) / 1000)
    assert.equal(body.items.length, 200)
  }
  const slow = times.sort((a, b) => a - b)[18] ?? 0
  context.diagnostic(`a page of 200: p95 ${Math.round(slow)} ms`)
  assert.ok(slow < 250, `one page took ${Math.round(slow)} ms`)
})
