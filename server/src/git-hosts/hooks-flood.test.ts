import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@sandyard/protocol'
import { githubHook, makeProject, type TestProject } from '../testing/git-hooks.ts'
import { openTestServer, type TestServer } from '../testing/test-server.ts'

/** Sends a webhook whose body never comes, and tells how it was answered after how long, ms. */
async function sendNothing(server: TestServer, { id }: TestProject): Promise<{ status: number; ms: number }> {
  const startMs = performance.now()
  const request = new Request(`http://localhost:3000/api/preview-hooks/${id}`, {
    method: 'POST',
    body: new ReadableStream<Uint8Array>({}),
    headers: { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` },
    duplex: 'half',
  } as RequestInit)
  const { status } = await server.server.fetch(request, { incoming: { socket: { remoteAddress: '127.0.0.1' } } })
  return { status, ms: performance.now() - startMs }
}

test('bodies that do not come are not waited for long, and those of one organization keep out no others', async () => {
  await using server = await openTestServer()
  const made = await Promise.all(
    ['one', 'two', 'three'].map((name) => makeProject(server, { repository: `https://github.com/acme/${name}` })),
  )
  const { body } = await server.call('POST /preview-projects', {
    key: await server.stranger(),
    body: { repository: 'https://github.com/others/shop' },
  })
  const slow = made.flatMap((project) => Array.from({ length: 8 }, () => sendNothing(server, project)))
  const first = await Promise.race(slow)
  assert.equal(first.status, 503, 'it has as many as it may')
  assert.equal((await githubHook(server, body, 'ping', {})).status, 200, 'another organization is served')
  const all = await Promise.all(slow)
  assert.deepEqual(all.map(({ status }) => status).sort(), [...Array(16).fill(408), ...Array(8).fill(503)])
  for (const { ms } of all) assert.ok(ms < limits.gitHookMs + 2000, `${ms} ms`)
  const [project] = made
  assert.ok(project !== undefined)
  assert.equal((await githubHook(server, project, 'ping', {})).status, 200, 'what has ended holds no place')
})
