import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { SignInRequest } from '@sandyard/protocol'
import { openTestServer, type TestServer } from '../testing/test-server.ts'

const signIn = ({ server }: TestServer, label: string, by: SignInRequest['by']) => server.access.signIn({ label, by })

/** The administrator's session, by a token that signs in once. */
async function administrator(server: TestServer, sandboxId: string) {
  return signIn(server, sandboxId, { kind: 'login-token', token: await server.server.createLoginToken() })
}

test('members get the preview token; others learn nothing', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  const { token } = (await server.call(`GET /sandbox/${id}/ports/1/preview-url`)).body
  const first = await administrator(server, id)
  assert.deepEqual([first.kind, first.kind === 'granted' && first.previewToken], ['granted', token])
  const session = first.kind === 'granted' ? first.session : ''
  assert.equal((await signIn(server, id, { kind: 'session', session })).kind, 'granted')

  const strangerKey = await server.stranger()
  const theirs = (await server.call('POST /sandbox', { key: strangerKey })).body.id
  const refusals = [theirs, randomUUID(), 'no id', ''].map((wrong) =>
    signIn(server, wrong, { kind: 'session', session }),
  )
  for (const answer of await Promise.all(refusals)) {
    assert.deepEqual(answer, { kind: 'denied', reason: 'This account may not open that preview' })
  }
  for (const wrong of ['', 'ses_x', `ses_${'0'.repeat(64)}`]) {
    assert.equal((await signIn(server, id, { kind: 'session', session: wrong })).kind, 'denied')
  }
})

test('a login token signs in once', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  const by = { kind: 'login-token', token: await server.server.createLoginToken() } as const
  assert.equal((await signIn(server, id, by)).kind, 'granted')
  assert.equal((await signIn(server, id, by)).kind, 'denied')
})

test('passwords are guarded as elsewhere', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  const by = { kind: 'password', login: 'admin', password: 'wrong', address: '192.0.2.1' } as const
  const reasons: string[] = []
  for (let round = 0; round < 8; round += 1) {
    const answer = await signIn(server, id, by)
    reasons.push(answer.kind === 'denied' ? answer.reason : 'let in')
  }
  assert.match(reasons[0] ?? '', /not right/)
  assert.match(reasons.at(-1) ?? '', /Too many tries/)
})
