import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { hmacSha256, signText } from './hmac.ts'

test('signatures without the crypto of a browser are those that it makes', async () => {
  for (const [keyBytes, bytes] of [0, 1, 20, 55, 56, 63, 64, 65, 119, 120, 1000].flatMap((one) =>
    [0, 3, 55, 56, 64, 65, 500].map((other) => [one, other] as const),
  )) {
    const [key, message] = [randomBytes(keyBytes), randomBytes(bytes)]
    const expected = createHmac('sha256', key).update(message).digest('hex')
    assert.equal(Buffer.from(hmacSha256(key, message)).toString('hex'), expected, `${keyBytes}, ${bytes}`)
  }
  const expected = createHmac('sha256', 'key').update('täxt').digest('hex')
  assert.equal(Buffer.from(await signText('key', 'täxt')).toString('hex'), expected)
})
