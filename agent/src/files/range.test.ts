import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRange } from './range.ts'

test('a range is read as RFC 9110 says', () => {
  const cases: [header: string | undefined, size: number, expected: unknown][] = [
    [undefined, 10, null],
    ['bytes=0-3', 10, { start: 0, length: 4 }],
    ['bytes=4-', 10, { start: 4, length: 6 }],
    ['bytes=-3', 10, { start: 7, length: 3 }],
    ['bytes=-30', 10, { start: 0, length: 10 }],
    ['bytes=5-100', 10, { start: 5, length: 5 }],
    ['bytes=9-9', 10, { start: 9, length: 1 }],
    ['bytes=10-', 10, 'unsatisfiable'],
    ['bytes=-0', 10, 'unsatisfiable'],
    ['bytes=0-', 0, 'unsatisfiable'],
    ['bytes=5-2', 10, null],
    ['bytes=-', 10, null],
    ['bytes=0-1,3-4', 10, null],
    ['lines=0-1', 10, null],
    ['bytes=99999999999999999999-', 10, null],
  ]
  for (const [header, size, expected] of cases)
    assert.deepEqual(parseRange(header, size), expected, `${header} ${size}`)
})
