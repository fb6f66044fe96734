import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestServer, type TestServer } from '../testing/test-server.ts'

async function names({ call }: TestServer, query: string): Promise<string> {
  const { body } = await call(`GET /sandbox?${query}`)
  return body.items.map((item: { name: string }) => item.name).join(' ')
}

/** Four sandboxes, a minute apart. */
async function openWithFour(): Promise<TestServer> {
  const server = await openTestServer()
  const bodies = [
    { name: 'Alpha', labels: { team: 'a', tier: '1' }, cpu: 1 },
    { name: 'beta', labels: { team: 'a' }, cpu: 2, public: true },
    { name: 'al_pine', labels: { team: 'b' }, cpu: 2, memory: 4 },
    { name: 'delta', disk: 9 },
  ]
  for (const body of bodies) {
    await server.create(body)
    server.clock.nowMs += 60_000
  }
  return server
}

test('filters, alone and together', async () => {
  await using server = await openWithFour()
  await server.call('POST /sandbox/beta/stop')
  const cases: [string, string][] = [
    ['', 'beta delta al_pine Alpha'],
    ['name=AL', 'al_pine Alpha'],
    ['name=al_', 'al_pine'],
    ['name=%25', ''],
    ['labels={"team":"a"}', 'beta Alpha'],
    ['labels={"team":"a","tier":"1"}', 'Alpha'],
    ['labels={"team":"A"}', ''],
    ['labels={}&name=d', 'delta'],
    ['states=stopped', 'beta'],
    ['states=stopped&states=started&name=al', 'al_pine Alpha'],
    ['states[]=stopped&states[]=error', 'beta'],
    ['snapshots=default&minCpu=2', 'beta al_pine'],
    ['snapshots=other', ''],
    ['regionIds=us&maxCpu=1', 'delta Alpha'],
    ['regionIds=eu', ''],
    ['sandboxClasses=container&minMemoryGiB=2', 'al_pine'],
    ['sandboxClasses=linux-vm', ''],
    ['minDiskGiB=4&maxDiskGiB=9', 'delta'],
    ['isPublic=true', 'beta'],
    ['isPublic=false&name=b', ''],
    ['isRecoverable=true', ''],
    ['createdAtAfter=2030-01-01T00:02:00Z', 'delta al_pine'],
    ['createdAtBefore=2030-01-01T00:00:59Z', 'Alpha'],
    ['lastEventAfter=2030-01-01T00:04:00Z', 'beta'],
    ['sort=name&order=asc', 'Alpha al_pine beta delta'],
    ['sort=createdAt', 'delta al_pine beta Alpha'],
    ['sort=diskGib&order=desc&limit=1', 'delta'],
  ]
  for (const [query, wanted] of cases) assert.equal(await names(server, query), wanted, query)
  const { body } = await server.call('GET /sandbox/beta')
  assert.equal(await names(server, `id=${body.id.slice(0, 8).toUpperCase()}`), 'beta')
})

test('pages by cursor meet every sandbox once, for each way to sort', async () => {
  await using server = await openWithFour()
  for (const sort of ['name', 'cpu', 'memoryGib', 'diskGib', 'lastActivityAt', 'createdAt']) {
    for (const order of ['asc', 'desc']) {
      const seen: string[] = []
      let cursor: string | null = ''
      do {
        const query: string = `sort=${sort}&order=${order}&limit=1&cursor=${encodeURIComponent(cursor)}`
        const { body } = await server.call(`GET /sandbox?${query}`)
        seen.push(...body.items.map((item: { name: string }) => item.name))
        cursor = body.nextCursor
      } while (cursor !== null)
      assert.deepEqual(seen.join(' '), await names(server, `sort=${sort}&order=${order}`))
      assert.equal(seen.length, 4, `${sort} ${order}`)
    }
  }
})
