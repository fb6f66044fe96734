import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pairsObject, pairsOf, readPairs, withPairs } from './pairs.ts'

test('a file of variables becomes rows', () => {
  const text = [
    '# a comment',
    'export MODE=fast # and calm',
    'PLAIN = a=b#c',
    'QUOTED="two\\nlines \\" here"',
    "RAW='$HOME # stays'",
    'EMPTY=',
    'no row at all',
  ].join('\r\n')
  assert.deepEqual(pairsObject(readPairs(text)), {
    MODE: 'fast',
    PLAIN: 'a=b#c',
    QUOTED: 'two\nlines " here',
    RAW: '$HOME # stays',
    EMPTY: '',
  })
  assert.deepEqual(readPairs('just a word'), [])
  assert.equal(readPairs('A=1\n'.repeat(10_000)).length, 500, 'a huge text is bounded')
})

test('later rows win, and rows without a name are left out', () => {
  const rows = withPairs(pairsOf({ a: '1', b: '2' }), [
    { name: 'b', value: '3' },
    { name: ' ', value: 'x' },
  ])
  assert.deepEqual(pairsObject(rows), { a: '1', b: '3' })
})
