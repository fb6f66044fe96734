import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRanges } from './range.ts'

test('ranges are read as RFC 9110 says', () => {
  const cases: [header: string | undefined, size: number, expected: unknown][] = [
    [undefined, 10, null],
    ['', 10, null],
    ['bytes=0-3', 10, [[0, 4]]],
    ['bytes=4-', 10, [[4, 6]]],
    ['bytes=-3', 10, [[7, 3]]],
    ['bytes=-30', 10, [[0, 10]]],
    ['bytes=5-100', 10, [[5, 5]]],
    ['bytes=9-9', 10, [[9, 1]]],
    ['BYTES= 1 - 2 ', 10, [[1, 2]]],
    ['bytes=10-', 10, 'unsatisfiable'],
    ['bytes=-0', 10, 'unsatisfiable'],
    ['bytes=0-', 0, null],
    ['bytes=-5', 0, null],
    ['bytes=5-2', 10, 'unsatisfiable'],
    ['bytes=-', 10, 'unsatisfiable'],
    ['bytes=', 10, 'unsatisfiable'],
    ['bytes=,,,', 10, 'unsatisfiable'],
    ['bytes=a-b', 10, 'unsatisfiable'],
    ['bytes=1', 10, 'unsatisfiable'],
    ['bytes=--1', 10, 'unsatisfiable'],
    ['bytes=1--', 10, 'unsatisfiable'],
    ['bytes=0x1-2', 10, 'unsatisfiable'],
    ['bytes=1.5-2', 10, 'unsatisfiable'],
    ['bytes=0-0\n', 10, [[0, 1]]],
    ['lines=0-1', 10, null],
    ['bytes', 10, null],
    ['bytes=99999999999999999999-', 10, 'unsatisfiable'],
    ['bytes=0-99999999999999999999', 10, [[0, 10]]],
    [`bytes=0-${'9'.repeat(41)}`, 10, 'unsatisfiable'],
    [
      'bytes=0-1,3-4',
      10,
      [
        [0, 2],
        [3, 2],
      ],
    ],
    [
      'bytes= 8-, -2 ,20-30',
      10,
      [
        [8, 2],
        [8, 2],
      ],
    ],
    ['bytes=20-,30-', 10, 'unsatisfiable'],
    ['bytes=0-1,x', 10, 'unsatisfiable'],
    ['bytes=0-8,0-8', 10, null],
    [`bytes=${'0-0,'.repeat(20)}`, 1000, null],
    [`bytes=${','.repeat(60_000)}`, 1000, null],
    [`bytes=${'0-'.repeat(30_000)}`, 1000, 'unsatisfiable'],
    [`bytes=${' '.repeat(60_000)}`, 1000, 'unsatisfiable'],
  ]
  const before = process.cpuUsage()
  for (const [header, size, expected] of cases) {
    const ranges = parseRanges(header, size)
    const found = Array.isArray(ranges) ? ranges.map(({ start, length }) => [start, length]) : ranges
    assert.deepEqual(found, expected, `${header?.slice(0, 50)} ${size}`)
  }
  assert.ok(process.cpuUsage(before).user < 500_000)
})

test('whatever a header says, a range lies in the file', () => {
  const pieces = ['bytes', '=', '-', ',', ' ', '0', '1', '9', '10', '99', 'x', '\t', '999999999999999999999']
  let seed = 7
  const draw = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((seed / 2_147_483_648) * below)
  }
  for (let round = 0; round < 20_000; round += 1) {
    const header = `bytes=${Array.from({ length: draw(8) }, () => pieces[draw(pieces.length)]).join('')}`
    const size = draw(12)
    const ranges = parseRanges(header, size)
    if (!Array.isArray(ranges)) continue
    for (const { start, length } of ranges) {
      assert.ok(start >= 0 && length > 0 && start + length <= size, `${header} of ${size}: ${start} ${length}`)
    }
  }
})
