import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordTypes } from './dns-message.ts'
import { createRefusedNames } from './refusals.ts'

test('refused names are counted, told for an hour after the last time, and the oldest are forgotten first', () => {
  let nowMs = 0
  const names = createRefusedNames(() => nowMs)
  names.note('one.example', recordTypes.A, 'not-allowed')
  nowMs = 1_800_000
  names.note('two.example', recordTypes.TXT, 'too-many')
  names.note('two.example', recordTypes.TXT, 'too-many')
  assert.deepEqual(
    names.list().map(({ target, protocol, count, lastAtMs }) => [target, protocol, count, lastAtMs]),
    [
      ['one.example', 'A', 1, 0],
      ['two.example', 'TXT', 2, 1_800_000],
    ],
  )
  nowMs = 3_600_000
  assert.deepEqual(
    names.list().map(({ target }) => target),
    ['two.example'],
  )
  for (let index = 0; index < 500; index++) names.note(`${index}.example`, recordTypes.A, 'not-allowed')
  assert.equal(names.list().length, 500)
  assert.equal(names.list()[0]?.target, '0.example')
})
