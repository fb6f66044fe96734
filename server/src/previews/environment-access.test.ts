import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { AccessRequest, Credentials } from '@sandyard/protocol'
import { made, type Scripted, scripted } from '../environments/environments.fixture.ts'
import { adminKey, openTestServer, type TestServer, until } from '../testing/test-server.ts'

/** A server with a preview environment that is ready, private, on port 3000. */
async function open(script: Scripted = {}) {
  const test = await openTestServer({ previewSteps: scripted(script).make })
  const body = { repository: 'https://git.example.com/team/app.git', branch: 'main' }
  const { id } = (await test.call('POST /previews', { body })).body
  return { test, id, first: await reaches(test, id, 'ready') }
}

async function reaches({ call }: TestServer, id: string, status: string) {
  let body: { sandboxId: string; status: string; url: string } | undefined
  await until(async () => {
    body = (await call(`GET /previews/${id}`)).body
    return body?.status === status
  })
  assert.ok(body !== undefined)
  return body
}

function ask(test: TestServer, label: string, port: number | null, credentials: Credentials = { bearer: adminKey }) {
  const target: AccessRequest['target'] = { kind: 'port', port }
  return test.server.access.check({ label, target, credentials })
}

test('the id of an environment leads to the sandbox and the port that serve it', async () => {
  const { test: server, id, first } = await open()
  await using test = server
  const { sandboxId } = first
  const granted = { kind: 'granted', sandboxId, by: 'bearer', state: 'started' }
  assert.deepEqual(await ask(test, id, null), { ...granted, port: 3000 })
  assert.deepEqual(await ask(test, id, 8080), granted, 'another port of it')
  const token = (await test.call(`GET /sandbox/${sandboxId}/ports/1/preview-url`)).body.token
  const byToken = await ask(test, id, null, { previewToken: token })
  assert.deepEqual(byToken, { ...granted, by: 'preview-token', port: 3000 })
  const toolbox = { label: id, target: { kind: 'toolbox' }, credentials: { bearer: adminKey } } as const
  assert.deepEqual(await test.server.access.check(toolbox), granted, 'by path')

  const strangerKey = await test.stranger()
  assert.deepEqual(await ask(test, id, null, { bearer: strangerKey }), { kind: 'unknown' })
  assert.deepEqual(await ask(test, id, null, {}), { kind: 'denied' })
  assert.deepEqual(await ask(test, sandboxId, null), { kind: 'unknown' }, 'a sandbox has many ports')
  assert.deepEqual(await ask(test, randomUUID(), null), { kind: 'unknown' })
  assert.deepEqual(await ask(test, randomUUID(), null, {}), { kind: 'denied' })
  const { hasPreview } = test.server.names
  const named = [id, sandboxId, randomUUID()].map((label) => hasPreview(label))
  assert.deepEqual(await Promise.all(named), [true, true, false], 'what may have a certificate')

  await test.call(`POST /sandbox/${sandboxId}/public/true`)
  const visited = await ask(test, id, null, {})
  assert.deepEqual(visited, { ...granted, by: 'public', port: 3000 })
  assert.deepEqual(await ask(test, id, 22_222, {}), { kind: 'denied' }, 'a reserved port stays closed')
})

test('members sign in by it; others do not, and learn nothing', async () => {
  const { test: server, id } = await open()
  await using test = server
  const by = { kind: 'login-token', token: await test.server.createLoginToken() } as const
  const answer = await test.server.access.signIn({ label: id, by })
  assert.equal(answer.kind, 'granted')
  const session = { kind: 'session', session: 'ses_x' } as const
  assert.equal((await test.server.access.signIn({ label: id, by: session })).kind, 'denied')
})

test('a restart leaves visitors at the former sandbox until the new one serves', async () => {
  const gate = Promise.withResolvers<void>()
  const {
    test: server,
    id,
    first,
  } = await open({
    async build({ environment }) {
      if (environment.run === 2) await gate.promise
      return { kind: 'done' }
    },
    // The commit has moved to another port.
    async detect({ environment }) {
      const port = environment.run === 2 ? 4000 : 3000
      return { kind: 'done', findings: { plan: { ...made.plan, port } } }
    },
  })
  await using test = server
  const place = async () => {
    const answer = await ask(test, id, null)
    return answer.kind === 'granted' ? [answer.sandboxId, answer.port] : answer.kind
  }
  assert.deepEqual(await place(), [first.sandboxId, 3000])
  const left: Promise<unknown>[] = []
  test.server.onSandboxChange((changed) => {
    if (changed === first.sandboxId) left.push(place())
  })
  await test.call(`POST /previews/${id}/restart`)
  await until(async () => (await test.call(`GET /previews/${id}`)).body.port === 4000)
  assert.deepEqual(await place(), [first.sandboxId, 3000])
  const building = (await test.call(`GET /previews/${id}`)).body
  assert.deepEqual([building.status, building.url], ['building', first.url])
  assert.deepEqual(left, [])
  gate.resolve()
  const second = await reaches(test, id, 'ready')
  assert.equal(second.url, first.url)
  assert.deepEqual(await place(), [second.sandboxId, 4000])
  assert.deepEqual(await left[0], [second.sandboxId, 4000], 'whoever remembers the former one is told')
})

test('a commit with another port is visited there when it serves, and not before', async () => {
  const gate = Promise.withResolvers<void>()
  const { test: server, id } = await open({
    async build({ environment }) {
      if (environment.run === 2) await gate.promise
      return { kind: 'done' }
    },
    async detect({ environment }) {
      return { kind: 'done', findings: { plan: { ...made.plan, port: 3000 + environment.run } } }
    },
  })
  await using test = server
  const port = async () => {
    const answer = await ask(test, id, null)
    return answer.kind === 'granted' ? answer.port : answer.kind
  }
  assert.equal(await port(), 3001)
  await test.call('POST /previews', { body: { repository: 'https://git.example.com/team/app.git', branch: 'main' } })
  await until(async () => (await test.call(`GET /previews/${id}`)).body.port === 3002)
  assert.equal(await port(), 3001)
  gate.resolve()
  await reaches(test, id, 'ready')
  assert.equal(await port(), 3002)
})

test('one that is deleted is unknown at once', async () => {
  const { test: server, id } = await open()
  await using test = server
  assert.equal((await ask(test, id, null)).kind, 'granted')
  assert.equal((await test.call(`DELETE /previews/${id}`)).status, 202)
  assert.deepEqual(await ask(test, id, null), { kind: 'unknown' })
  assert.deepEqual(await ask(test, id, 3000), { kind: 'unknown' })
  assert.equal(await test.server.names.hasPreview(id), false)
  assert.deepEqual(await ask(test, id, null, {}), { kind: 'denied' })
})
