import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { AccessAnswer, AccessRequest, Credentials } from '@sandyard/protocol'
import { adminKey, openTestServer, type TestServer, until } from '../testing/test-server.ts'

function ask(server: TestServer, label: string, port: number | null, credentials: Credentials = {}) {
  const target: AccessRequest['target'] = port === null ? { kind: 'toolbox' } : { kind: 'port', port }
  return server.server.access.check({ label, target, credentials })
}

/** How it was opened, or why not. */
function outcome(answer: AccessAnswer): string {
  return answer.kind === 'granted' ? answer.by : answer.kind
}

async function previewToken({ call }: TestServer, id: string): Promise<string> {
  return (await call(`GET /sandbox/${id}/ports/1/preview-url`)).body.token
}

test('opens by key, preview token, or for all when public', async () => {
  await using server = await openTestServer()
  const { id } = await server.create({ name: 'box' })
  const open = await server.create({ public: true })
  const token = await previewToken(server, id)
  const strangerKey = await server.stranger()
  const cases: [string, number | null, Credentials, string][] = [
    [id, 80, {}, 'denied'],
    [id, null, {}, 'denied'],
    [id, 80, { bearer: adminKey }, 'bearer'],
    [id, null, { bearer: adminKey }, 'bearer'],
    [id, 80, { bearer: strangerKey }, 'unknown'],
    [id, 80, { bearer: 'wrong' }, 'denied'],
    [id, 80, { bearer: 'an app has its own', previewToken: token }, 'preview-token'],
    [id, null, { previewToken: token }, 'preview-token'],
    [id, 80, { previewToken: `${token}x` }, 'denied'],
    [id, 80, { previewToken: '' }, 'denied'],
    [open.id, 80, { previewToken: token }, 'public'],
    [open.id, 80, {}, 'public'],
    [open.id, null, {}, 'denied'],
    [open.id, 22_222, {}, 'denied'],
    [open.id, 2280, { bearer: adminKey }, 'bearer'],
    ['box', null, { bearer: adminKey }, 'bearer'],
    ['box', null, { bearer: strangerKey }, 'unknown'],
    ['box', null, { previewToken: token }, 'denied'],
    ['box', 80, { bearer: adminKey }, 'unknown'],
    [randomUUID(), 80, { bearer: adminKey }, 'unknown'],
    [randomUUID(), 80, {}, 'denied'],
    [randomUUID(), null, { bearer: 'wrong' }, 'denied'],
    ['x'.repeat(10_000), null, { bearer: 'y'.repeat(10_000) }, 'denied'],
  ]
  for (const [label, port, credentials, wanted] of cases) {
    const answer = await ask(server, label, port, credentials)
    assert.equal(outcome(answer), wanted, `${label.slice(0, 40)} ${port} ${JSON.stringify(credentials).slice(0, 80)}`)
  }
})

test('follows what happens to the sandbox at once', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  const credentials = { bearer: adminKey }
  assert.deepEqual(await ask(server, id, 80, credentials), {
    kind: 'granted',
    sandboxId: id,
    by: 'bearer',
    state: 'started',
  })
  assert.equal(outcome(await ask(server, id, 80)), 'denied')
  await server.call(`POST /sandbox/${id}/public/true`)
  assert.equal(outcome(await ask(server, id, 80)), 'public')

  const before = await previewToken(server, id)
  server.engine.lose(id, 'It ran out of memory')
  await until(async () => {
    const answer = await ask(server, id, 80, credentials)
    return answer.kind === 'granted' && answer.state === 'stopped' && answer.reason === 'It ran out of memory'
  })
  await server.call(`POST /sandbox/${id}/start`)
  assert.equal(outcome(await ask(server, id, null, { previewToken: before })), 'denied')
  assert.equal(outcome(await ask(server, id, null, { previewToken: await previewToken(server, id) })), 'preview-token')

  await server.call(`DELETE /sandbox/${id}`)
  await until(async () => (await ask(server, id, 80, credentials)).kind === 'unknown')
})

test('tells of a change when the answer is new', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  await ask(server, id, 80)
  const answers: Promise<AccessAnswer>[] = []
  const stopListening = server.server.onSandboxChange((changed) => {
    assert.equal(changed, id)
    answers.push(ask(server, id, 80))
  })
  await server.call(`POST /sandbox/${id}/public/true`)
  await server.call(`POST /sandbox/${id}/public/false`)
  stopListening()
  await server.call(`POST /sandbox/${id}/public/true`)
  assert.deepEqual((await Promise.all(answers)).map(outcome), ['public', 'denied'])
})

test('a signed token opens its port until it expires', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  const { token } = (await server.call(`GET /sandbox/${id}/ports/8080/signed-preview-url?expiresInSeconds=10`)).body
  const answer = await ask(server, token, 8080)
  assert.deepEqual(answer, { kind: 'granted', sandboxId: id, by: 'signed', state: 'started' })
  assert.equal(outcome(await ask(server, token, 8080, { bearer: adminKey })), 'bearer')
  assert.equal(outcome(await ask(server, token, 8081)), 'unknown')
  assert.equal(outcome(await ask(server, token, null)), 'denied')
  assert.equal(outcome(await ask(server, token.toUpperCase(), 8080)), 'unknown')
  server.clock.nowMs += 10_000
  await server.server.reconcile.round()
  assert.deepEqual(await ask(server, token, 8080), { kind: 'unknown', isExpired: true })
  assert.deepEqual(await ask(server, token, 8081), { kind: 'unknown' })
  server.clock.nowMs += 25 * 3600_000
  await server.server.reconcile.round()
  assert.deepEqual(await ask(server, token, 8080), { kind: 'unknown' })
})

test('answers in less than 0.2 ms', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  const request = { label: id, target: { kind: 'toolbox' }, credentials: { bearer: adminKey } } as const
  const times: number[] = []
  for (let round = 0; round < 1000; round += 1) {
    const startedAt = performance.now()
    await server.server.access.check(request)
    times.push(performance.now() - startedAt)
  }
  times.sort((a, b) => a - b)
  assert.ok((times[500] ?? 1) < 0.2, `took ${times[500]} ms`)
})
