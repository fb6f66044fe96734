import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { openStore } from '../store/store.ts'
import { migratedStore } from '../testing/migrated-store.ts'
import { openTestServer, until } from '../testing/test-server.ts'
import { scripted } from './environments.fixture.ts'
import { readPages } from './pages.ts'
import { createProjectRemoval } from './project-removal.ts'
import type { ProjectRecord } from './records.ts'

test('pages come one after the other, and then the first again', async () => {
  const all = ['a', 'b', 'c', 'd']
  const next = readPages(
    2,
    async (afterId, most) => all.filter((one) => one > afterId).slice(0, most),
    (one) => one,
  )
  assert.deepEqual([await next(), await next(), await next(), await next()], [['a', 'b'], ['c', 'd'], [], ['a', 'b']])
  all.pop()
  assert.deepEqual([await next(), await next()], [['c'], ['a', 'b']])
})

test('projects that cannot go stand in nobody’s way', async () => {
  const store = await openStore({ path: await migratedStore(':memory:', 0), nowMs: 0 })
  try {
    const organizationId = randomUUID()
    const organization = { id: organizationId, name: 'Tests', createdBy: organizationId, createdAtMs: 0 }
    const key = { id: randomUUID(), userId: organizationId, name: 'key', hash: 'none', masked: 'none', permissions: [] }
    const times = { createdAtMs: 0, lastUsedAtMs: null, expiresAtMs: null }
    await store.accounts.insertOrganization(organization, { ...key, organizationId, isAdmin: false, ...times })
    const add = async (id: string) => {
      const project = { id, organizationId, repositoryKey: id, settings: {}, isLeaving: true }
      await store.projects.insert({ ...plain, ...project }, 200)
    }
    for (let count = 10; count < 50; count++) await add(`00000000-0000-4000-8000-0000000000${count}`)
    const free = 'ffffffff-0000-4000-8000-000000000000'
    await add(free)
    const removal = createProjectRemoval({
      projects: store.projects,
      environments: { remove: async () => true },
      environmentStore: store.environments,
      volumeParts: { volumes: store.volumes } as Parameters<typeof createProjectRemoval>[0]['volumeParts'],
      isTold: async (id) => id === free,
      clock: () => 0,
    })
    for (let round = 0; round < 3; round++) await removal.tidy()
    assert.equal(await store.projects.byId(free), undefined)
    assert.equal((await store.projects.leaving('', 100)).length, 40)
  } finally {
    await store.close()
  }
})

test('sandboxes that carry the label of previews hide none that are to go', async () => {
  const { make } = scripted({})
  await using server = await openTestServer({ previewSteps: make })
  const strays = server.server.store.environments
  const { body } = await server.call('POST /previews', { body: { repository: 'https://git.example.com/a/b' } })
  await until(async () => (await server.call(`GET /previews/${body.id}`)).body.status === 'ready')
  const labels = { 'sandyard.dev/preview': body.id }
  const ids: string[] = []
  for (let count = 0; count < 3; count++) ids.push((await server.call('POST /sandbox', { body: { labels } })).body.id)
  ids.sort()
  const found = [
    ...(await strays.strays('sandyard.dev/preview', '', 2)),
    ...(await strays.strays('sandyard.dev/preview', ids[1] ?? '', 2)),
  ]
  assert.deepEqual(
    found.map(({ id }) => id),
    ids,
  )
  await server.server.reconcile.round()
  for (const id of ids)
    assert.equal((await server.call(`GET /sandbox/${id}`)).body.state, 'started', 'it is its user’s')
})

const plain: Omit<ProjectRecord, 'id' | 'organizationId' | 'repositoryKey' | 'isLeaving'> = {
  name: 'project',
  repository: 'https://git.example.com/a/b',
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
  createdAtMs: 0,
  updatedAtMs: 0,
}
