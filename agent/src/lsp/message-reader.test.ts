import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@sandyard/protocol/limits'
import { MessageReader, toBytes } from './message-reader.ts'

const sent = [{ id: 1, result: 'äöü€😀' }, { method: 'x', params: { list: Array(5000).fill('y') } }, { id: 2 }]
const bytes = Buffer.concat(sent.map(toBytes))

for (const size of [1, 2, 3, 7, 64, 4096, bytes.length]) {
  test(`messages come whole in pieces of ${size} bytes`, () => {
    const reader = new MessageReader()
    const got: unknown[] = []
    for (let at = 0; at < bytes.length; at += size) got.push(...reader.take(bytes.subarray(at, at + size)))
    assert.deepEqual(got, sent)
  })
}

test('other header fields and other letters do not matter', () => {
  const text = 'Content-Type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-length:2\r\n\r\n{}'
  assert.deepEqual(new MessageReader().take(Buffer.from(text)), [{}])
})

for (const [what, text] of [
  ['a head without a length', 'Content-Type: x\r\n\r\n{}'],
  ['a length of nothing', 'Content-Length: 0\r\n\r\n'],
  ['a length that is no number', 'Content-Length: -5\r\n\r\n{}'],
  ['a length past the limit', `Content-Length: ${limits.languageServerMessageBytes + 1}\r\n\r\n`],
  ['a head without an end', 'x'.repeat(5000)],
  ['a body that is no JSON', 'Content-Length: 3\r\n\r\n{]}'],
] as const) {
  test(`${what} is refused`, () => {
    assert.throws(() => new MessageReader().take(Buffer.from(text)), Error)
  })
}
