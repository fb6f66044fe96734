import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brokenTail, cutMiddle, textOf } from './texts.ts'

test('long texts lose their middle, and no half of a character stays', () => {
  assert.deepEqual(cutMiddle('short', 5), { text: 'short', missing: 0 })
  assert.deepEqual(cutMiddle('0123456789', 4), { text: '01\n[…]\n89', missing: 6 })
  for (let length = 2; length < 20; length += 1) {
    const { text } = cutMiddle('a😀b😀c😀d😀e😀f😀', length)
    assert.ok(text.isWellFormed(), text)
  }
})

test('a character that goes on behind the end of bytes is known, whole ones are let be', () => {
  const bytes = Buffer.from('aü€😀')
  const expected = [0, 0, 1, 0, 1, 2, 0, 1, 2, 3, 0]
  assert.deepEqual(
    expected.map((_, length) => brokenTail(bytes.subarray(0, length))),
    expected,
  )
  assert.equal(brokenTail(Buffer.from([0x80, 0x80, 0x80, 0x80])), 0, 'is no UTF-8 anyway')
})

test('only UTF-8 without zero bytes is text', () => {
  assert.equal(textOf(Buffer.from('grüße')), 'grüße')
  assert.equal(textOf(Buffer.from([0xff, 0xfe])), null)
  assert.equal(textOf(Buffer.from('a\0b')), null)
})
