import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { AccessAnswer, Credentials, FileSignature } from '@sandyard/protocol'
import { adminKey, openTestServer, type TestServer } from '../testing/test-server.ts'

function sign(key: string, text: string): string {
  return `v1_${createHmac('sha256', key).update(text).digest('base64url')}`
}

function ask({ server }: TestServer, label: string, fileSignature: FileSignature, more: Credentials = {}) {
  return server.access.check({ label, target: { kind: 'toolbox' }, credentials: { ...more, fileSignature } })
}

function outcome(answer: AccessAnswer): string {
  if (answer.kind === 'granted') return answer.by
  return answer.kind === 'denied' ? `denied: ${answer.reason}` : answer.kind
}

test('a signature opens the one call it signs', async () => {
  await using server = await openTestServer()
  const { id } = await server.create({ name: 'box' })
  const other = await server.create()
  const key = (await server.call(`GET /sandbox/${id}/signing-key`)).body
  const value = sign(key, 'v1:files:GET:/a:0')
  const good: FileSignature = { method: 'GET', path: '/a', expires: '0', value }
  assert.equal(outcome(await ask(server, id, good)), 'file-signature')

  const wrong: [what: string, label: string, signature: FileSignature][] = [
    ['another method', id, { ...good, method: 'POST' }],
    ['another path', id, { ...good, path: '/a/' }],
    ['a path with another case', id, { ...good, path: '/A' }],
    ['another time', id, { ...good, expires: '9999999999' }],
    ['time in another form', id, { ...good, expires: '00' }],
    ['no time', id, { ...good, expires: '' }],
    ['time and path cut elsewhere', id, { ...good, path: '/a:0', expires: '' }],
    ['a time that is no number', id, { ...good, expires: 'x', value: sign(key, 'v1:files:GET:/a:x') }],
    ['a negative time', id, { ...good, expires: '-1', value: sign(key, 'v1:files:GET:/a:-1') }],
    ['a time with a colon', id, { ...good, expires: '1:0', value: sign(key, 'v1:files:GET:/a:1:0') }],
    ['no value', id, { ...good, value: '' }],
    ['no version', id, { ...good, value: value.slice(3) }],
    ['padding', id, { ...good, value: `${value}=` }],
    ['another version', id, { ...good, value: `v2${value.slice(2)}` }],
    ['half a value', id, { ...good, value: value.slice(0, 20) }],
    ['a long value', id, { ...good, value: 'v1_'.padEnd(30_000, 'x') }],
    ['hex', id, { ...good, value: `v1_${createHmac('sha256', key).update('v1:files:GET:/a:0').digest('hex')}` }],
    ['an empty key', id, { ...good, value: sign('', 'v1:files:GET:/a:0') }],
    ['the word null as key', id, { ...good, value: sign('null', 'v1:files:GET:/a:0') }],
    ['a sandbox without a key', other.id, { ...good, value: sign('', 'v1:files:GET:/a:0') }],
    ['another sandbox', other.id, good],
    ['no such sandbox', randomUUID(), good],
    ['a name', 'box', good],
  ]
  const answers = new Set<string>()
  for (const [what, label, signature] of wrong) {
    const answer = outcome(await ask(server, label, signature))
    assert.match(answer, /^denied: The signature of this URL is not valid/, what)
    answers.add(answer)
  }
  assert.equal(answers.size, 1, 'nothing tells what was wrong, nor whether the sandbox exists')
})

test('it opens no port', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  const key = (await server.call(`GET /sandbox/${id}/signing-key`)).body
  const fileSignature = { method: 'GET', path: '/a', expires: '0', value: sign(key, 'v1:files:GET:/a:0') } as const
  for (const port of [80, 2280]) {
    const request = { label: id, target: { kind: 'port', port }, credentials: { fileSignature } } as const
    assert.equal((await server.server.access.check(request)).kind, 'denied')
  }
})

test('it ends at its time, at a rotation and with its sandbox; another credential still counts', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  const signed = async (path: string, expires: string): Promise<FileSignature> => {
    const key = (await server.call(`GET /sandbox/${id}/signing-key`)).body
    return { method: 'POST', path, expires, value: sign(key, `v1:files:POST:${path}:${expires}`) }
  }
  const short = await signed('/漢:字', String(server.clock.nowMs / 1000 + 10))
  const endless = await signed('/b', '0')
  assert.equal(outcome(await ask(server, id, short)), 'file-signature')
  server.clock.nowMs += 9_999
  assert.equal(outcome(await ask(server, id, short)), 'file-signature')
  server.clock.nowMs += 1
  assert.match(outcome(await ask(server, id, short)), /has expired/)
  assert.match(outcome(await ask(server, id, { ...short, value: `${short.value}x` })), /not valid/)
  assert.equal(outcome(await ask(server, id, short, { bearer: adminKey })), 'bearer')

  assert.equal(outcome(await ask(server, id, endless)), 'file-signature')
  await server.call(`POST /sandbox/${id}/signing-key/rotate`)
  assert.match(outcome(await ask(server, id, endless)), /rotated/)
  const anew = await signed('/b', '0')
  assert.equal(outcome(await ask(server, id, anew)), 'file-signature')

  await server.call(`POST /sandbox/${id}/stop`)
  const stopped = await ask(server, id, anew)
  assert.deepEqual([outcome(stopped), stopped.kind === 'granted' && stopped.state], ['file-signature', 'stopped'])
  await server.call(`DELETE /sandbox/${id}`)
  assert.notEqual((await ask(server, id, anew)).kind === 'granted' && 'started', 'started')
})
