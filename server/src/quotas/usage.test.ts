import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SandboxState } from '@sandyard/protocol'
import { acrossCrash } from '../testing/crash.ts'
import { openTestServer, type TestServer, until } from '../testing/test-server.ts'
import { useOf } from './use.ts'

const hourMs = 3_600_000

async function periods({ call }: TestServer, organizationId: string, query = ''): Promise<string[]> {
  const { items } = (
    await call(`GET /organizations/${organizationId}/usage/periods?from=2029-01-01&to=2031-01-01&${query}`)
  ).body
  return items.map((item: { startAt: string; endAt: string | null; cpu: number; memory: number; disk: number }) => {
    const hour = (text: string | null) => (text === null ? 'now' : text.slice(11, 13))
    return `${hour(item.startAt)}-${hour(item.endAt)} ${item.cpu}/${item.memory}/${item.disk}`
  })
}

test('a life is told in periods: only what changes the use begins another', async () => {
  await using server = await openTestServer({ isRecovered: false })
  const { call, clock } = server
  const { id, organizationId } = await server.create({ cpu: 1, memory: 2, disk: 3 })
  const orders: [string, object?][] = [
    [`POST /sandbox/${id}/snapshot`, { name: 'saved' }],
    [`POST /sandbox/${id}/resize`, { cpu: 2 }],
    [`POST /sandbox/${id}/pause`],
    [`POST /sandbox/${id}/start`],
    [`POST /sandbox/${id}/stop`],
    [`POST /sandbox/${id}/archive`],
    [`POST /sandbox/${id}/start`],
  ]
  for (const [order, body] of orders) {
    clock.nowMs += hourMs
    assert.equal((await call(order, body === undefined ? {} : { body })).status, 200, order)
  }
  await until(async () => (await call(`GET /sandbox/${id}`)).body.state === 'started')
  clock.nowMs += hourMs
  await call(`DELETE /sandbox/${id}`)
  assert.deepEqual((await periods(server, organizationId)).reverse(), [
    '00-02 1/2/3',
    '02-03 2/2/3',
    '03-04 0/2/3',
    '04-05 2/2/3',
    '05-06 0/0/3',
    '07-08 2/2/3',
  ])
  const { totals } = (await call(`GET /organizations/${organizationId}/usage/periods`)).body
  assert.deepEqual(totals, { cpuHours: 8, memoryGiBHours: 12, diskGiBHours: 21 })
  const part = (
    await call(`GET /organizations/${organizationId}/usage/periods?from=2030-01-01T01:30:00Z&to=2030-01-01T02:30:00Z`)
  ).body
  assert.deepEqual([part.total, part.totals.cpuHours], [2, 1.5], 'cut to the time that is asked for')
})

test('others see nothing of it, and it goes after its time', async () => {
  await using server = await openTestServer({ isRecovered: false })
  const key = await server.stranger()
  const { id, organizationId } = await server.create()
  const theirs = await server.call(`GET /organizations/${key.replace('dtn_', '')}/usage/periods`, { key })
  assert.equal(theirs.body.total, 0)
  await server.call(`DELETE /sandbox/${id}`)
  await until(async () => (await server.call(`GET /sandbox/${id}`)).status === 404)
  server.clock.nowMs += 89 * 24 * hourMs
  await server.create({ autoStopInterval: 0 })
  await server.server.reconcile.round()
  server.clock.nowMs += hourMs
  assert.equal((await periods(server, organizationId)).length, 1, 'the other began and ended in one moment')
  server.clock.nowMs += 91 * 24 * hourMs
  await server.server.reconcile.round()
  assert.equal((await periods(server, organizationId)).length, 1, 'one that goes on is kept')
})

test('what is in use is what the periods say, after a crash as well', async () => {
  await acrossCrash({
    before: async (server) => {
      const made = await Promise.all([server.create({ cpu: 2 }), server.create(), server.create({ disk: 7 })])
      server.clock.nowMs += hourMs
      await server.call(`POST /sandbox/${made[0].id}/stop`)
      await server.call(`POST /sandbox/${made[1].id}/pause`)
      return made[0].organizationId
    },
    after: async (server, organizationId) => {
      const [{ currentCpuUsage, currentMemoryUsage, currentDiskUsage }] = (
        await server.call(`GET /organizations/${organizationId}/usage`)
      ).body.regionUsage
      const open = (await periods(server, organizationId)).filter((period) => period.includes('now'))
      const sums = open.map((period) => period.split(' ')[1]?.split('/').map(Number) ?? [])
      const sum = [0, 1, 2].map((index) => sums.reduce((total, use) => total + (use[index] ?? 0), 0))
      assert.deepEqual(sum, [currentCpuUsage, currentMemoryUsage, currentDiskUsage])
      assert.deepEqual(sum, [1, 2, 13])
    },
  })
})

test('what counts in each state', () => {
  const use = (state: SandboxState, desiredState: 'started' | 'stopped' | 'archived') =>
    Object.values(useOf({ state, desiredState, cpu: 1, memoryGib: 2, diskGib: 3 })).join('/')
  assert.equal(use('pending_build', 'started'), '1/2/3')
  assert.equal(use('resizing', 'started'), '1/2/3')
  assert.equal(use('resizing', 'stopped'), '0/0/3')
  assert.equal(use('paused', 'stopped'), '0/2/3')
  assert.equal(use('archiving', 'archived'), '0/0/3')
  assert.equal(use('archiving', 'started'), '1/2/3')
  assert.equal(use('archived', 'archived'), '0/0/0')
  assert.equal(use('archived', 'started'), '1/2/3')
  assert.equal(use('destroying', 'started'), '0/0/0')
})
