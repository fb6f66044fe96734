import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { newSecret } from '../webhooks/signature.ts'
import { deliveryIdsOf, readHookHead } from './signed-hook.ts'

const bytes = (text: string) => Buffer.from(text)

test('GitHub: the example of its documentation, and nothing near it', () => {
  const secret = "It's a Secret to Everybody"
  const body = bytes('Hello, World!')
  const good = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'
  const isSigned = (value: string, by = secret, of = body) =>
    readHookHead('github', new Headers({ 'x-hub-signature-256': value }))?.isSigned(by, of, 0) ?? null
  assert.equal(isSigned(good), true)
  assert.equal(isSigned(good, 'another'), false)
  assert.equal(isSigned(good, secret, bytes('Hello, World?')), false)
  assert.equal(isSigned(good.replace('75', '74')), false)
  for (const none of [
    '',
    'sha256=',
    good.slice(0, -1),
    `${good}0`,
    good.replace('sha256', 'sha1'),
    `sha256=${'z'.repeat(64)}`,
  ]) {
    assert.equal(isSigned(none), null, none)
  }
})

test('Gitea, Forgejo and Gogs: a digest under a name of their own', () => {
  const body = bytes('{"a":1}')
  const hex = createHmac('sha256', 'secret').update(body).digest('hex')
  for (const name of ['gitea', 'forgejo', 'gogs']) {
    const headers = new Headers({
      [`x-${name}-signature`]: hex,
      [`x-${name}-event`]: 'push',
      [`x-${name}-delivery`]: 'd1',
    })
    const head = readHookHead('gitea', headers)
    assert.deepEqual([head?.event, head?.deliveryId, head?.isSigned('secret', body, 0)], ['push', 'd1', true])
    assert.equal(head?.isSigned('other', body, 0), false)
  }
  assert.equal(readHookHead('gitea', new Headers({ 'x-hub-signature-256': `sha256=${hex}` })), null)
})

test('GitLab: the secret as token, or a signature as Standard Webhooks makes it, within five minutes', () => {
  const secret = newSecret()
  const token = readHookHead('gitlab', new Headers({ 'x-gitlab-token': secret }))
  assert.deepEqual([token?.isSigned(secret, bytes(''), 0), token?.isSigned(newSecret(), bytes(''), 0)], [true, false])
  const at = new Date('2030-01-01T00:00:00Z')
  const signature = new Webhook(secret).sign('m1', at, '{"ü":1}')
  const headers = {
    'webhook-id': 'm1',
    'webhook-timestamp': String(at.getTime() / 1000),
    'webhook-signature': `v1,AAAA ${signature}`,
  }
  const isSigned = (changes: Record<string, string>, afterMs = 0, body = '{"ü":1}') =>
    readHookHead('gitlab', new Headers({ ...headers, ...changes }))?.isSigned(
      secret,
      bytes(body),
      at.getTime() + afterMs,
    )
  assert.equal(isSigned({}), true)
  assert.equal(isSigned({}, 299_000), true)
  assert.equal(isSigned({}, 301_000), false)
  assert.equal(isSigned({}, -301_000), false)
  assert.equal(isSigned({ 'webhook-id': 'm2' }), false)
  assert.equal(isSigned({ 'webhook-timestamp': 'soon' }), false)
  assert.equal(isSigned({}, 0, '{}'), false)
  assert.equal(
    isSigned({ 'webhook-signature': 'v1,AAAA', 'x-gitlab-token': secret }),
    false,
    'a token beside it is not asked',
  )
})

test('a delivery is remembered by its id and by its body', () => {
  const head = (id?: string) => {
    const headers = new Headers({ 'x-hub-signature-256': `sha256=${'0'.repeat(64)}`, 'x-github-event': 'push' })
    if (id !== undefined) headers.set('x-github-delivery', id)
    return readHookHead('github', headers) ?? assert.fail()
  }
  const [id, ofBody] = deliveryIdsOf(head('one'), bytes('x'))
  assert.equal(id, 'id one')
  assert.deepEqual(deliveryIdsOf(head('two'), bytes('x')), ['id two', ofBody])
  assert.notEqual(deliveryIdsOf(head('one'), bytes('y'))[1], ofBody)
  assert.deepEqual(deliveryIdsOf(head(), bytes('x')), [ofBody])
  assert.ok((deliveryIdsOf(head('x'.repeat(5000)), bytes('x'))[0] ?? '').length < 100)
})
