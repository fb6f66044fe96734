import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { listen } from '../testing/listen.ts'
import { adminKey, openTestServer, type TestServer } from '../testing/test-server.ts'

const states = ['started', 'stopped', 'archived', 'error', 'paused'] as const

const filters = [
  '',
  'includeErroredDeleted=true',
  'labels={"lot":"7"}',
  'labels={"all":"1"}',
  'labels={"all":"1","lot":"7"}',
  'labels={"all":"none"}',
  'name=box-00000000999',
  'name=none',
  'id=0',
  'states=started',
  'states=paused&states=error',
  'states=resizing',
  'snapshots=other',
  'snapshots=none',
  'regionIds=none',
  'isPublic=true',
  'isRecoverable=true',
  'minCpu=4',
  'maxCpu=1&minMemoryGiB=8&maxDiskGiB=3',
  'createdAtAfter=2030-01-01T00:00:09Z',
  'lastEventBefore=2000-01-01',
  'autoDestroyAtAfter=2030-01-01T00:00:09Z',
]

/** Ten thousand sandboxes: seven of ten are the admin's, the others belong to three more organizations. */
async function openWithMany(storePath: string): Promise<{ server: TestServer; organizationId: string }> {
  const server = await openTestServer({ isRecovered: false, storePath })
  const { id, organizationId } = await server.create()
  const others = await Promise.all([1, 2, 3].map(async () => (await server.stranger()).replace('dtn_', '')))
  const owners = [...Array(7).fill(organizationId), ...others]
  const { sandboxes } = server.server.store
  const made = await sandboxes.byId(id)
  assert.ok(made !== undefined)
  for (let index = 0; index < 10_000; index += 1) {
    const number = String(index).padStart(12, '0')
    const state = states[index % states.length] ?? 'started'
    await sandboxes.insert({
      ...made,
      id: `${id.slice(0, 24)}${number}`,
      name: `box-${number}`,
      organizationId: owners[index % owners.length],
      env: { A: 'x'.repeat(index % 500 === 0 ? 60_000 : 200) },
      labels: { lot: `${index % 100}`, all: '1' },
      state,
      desiredState: state === 'error' ? 'destroyed' : state,
      snapshot: index % 2 === 0 ? 'default' : 'other',
      isPublic: index % 5 === 0,
      cpu: 1 + (index % 4),
      memoryGib: 1 + (index % 8),
      diskGib: 3 + (index % 7),
      lastActivityAtMs: made.createdAtMs + ((index * 7919) % 10_000),
      createdAtMs: made.createdAtMs + index,
      autoDestroyAtMs: index % 3 === 0 ? made.createdAtMs + index : null,
    })
  }
  return { server, organizationId }
}

/** All that is listed, in every order. */
const listings = filters.flatMap((filter) =>
  ['name', 'cpu', 'memoryGib', 'diskGib', 'lastActivityAt', 'createdAt'].flatMap((sort) =>
    ['asc', 'desc'].map((order) => `/sandbox?${filter}&sort=${sort}&order=${order}&limit=200`),
  ),
)

/** Times as they would be with a processor of our own, ms, and the share of one that we had. */
interface Measured {
  readonly p50: number
  readonly p95: number
  readonly share: number
}

/**
 * Asks for each path once over HTTP, one after the other, and gives the times that half and 19 of 20 stay under. Client and
 * server are this process, which never waits: when it took longer than it computed, others had the processor in between,
 * and that part is taken off.
 */
async function measure(url: string, paths: readonly string[]): Promise<Measured> {
  const times: number[] = []
  const [startedAt, before] = [performance.now(), process.cpuUsage()]
  for (const path of paths) {
    const sentAt = performance.now()
    const response = await fetch(`${url}/api${path}`, { headers: { authorization: `Bearer ${adminKey}` } })
    await response.arrayBuffer()
    times.push(performance.now() - sentAt)
    assert.equal(response.status, 200, path)
  }
  const { user, system } = process.cpuUsage(before)
  const share = Math.min(1, (user + system) / 1000 / (performance.now() - startedAt))
  times.sort((a, b) => a - b)
  const at = (part: number): number => (times[Math.floor(times.length * part)] ?? 0) * share
  return { p50: at(0.5), p95: at(0.95), share }
}

// In memory where that can be: making the rows is not what is measured, and each would wait for the disk.
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'many-'))
let many: Awaited<ReturnType<typeof openWithMany>>
before(async () => {
  many = await openWithMany(join(folder, 'store.db'))
})
after(async () => {
  await many.server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

test('with 10,000 sandboxes in a store on disk, nineteen of twenty listings over HTTP take less than 50 ms', async (context) => {
  const { server, organizationId } = many
  await using http = await listen(server)
  const passes: Measured[] = []
  for (let pass = 0; pass < 3; pass += 1) passes.push(await measure(http.url, listings))
  passes.sort((a, b) => a.p95 - b.p95)
  const tell = ({ p50, p95, share }: Measured) =>
    `p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms with ${Math.round(share * 100)} % of a processor`
  for (const pass of passes) context.diagnostic(tell(pass))
  const median = passes[1]
  assert.ok(median !== undefined && median.p95 < 50, `median of three: ${median && tell(median)}`)

  const usage = [`/organizations/${organizationId}/usage`]
  usage.push(`${usage[0]}/periods?from=2000-01-01`)
  const { p95 } = await measure(http.url, Array.from({ length: 10 }, () => usage).flat())
  context.diagnostic(`usage: p95 ${p95.toFixed(1)} ms`)
  assert.ok(p95 < 50)
})

test('pages of thousands meet every sandbox of the organization once', async () => {
  const { server } = many
  const seen = new Set<string>()
  let [cursor, count] = ['' as string | null, 0]
  while (cursor !== null) {
    const query: string = `limit=200&sort=cpu&includeErroredDeleted=true&cursor=${encodeURIComponent(cursor)}`
    const { body } = await server.call(`GET /sandbox?${query}`)
    for (const { id } of body.items) seen.add(id)
    count += body.items.length
    cursor = body.nextCursor
  }
  assert.deepEqual([seen.size, count], [7001, 7001])
})
