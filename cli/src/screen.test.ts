import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clean, table } from './screen.ts'

const columns = [
  { title: 'Name', text: (row: { name: string; size: number }) => row.name },
  { title: 'Size', text: (row: { name: string; size: number }) => String(row.size), isNumber: true },
]

test('a table is as wide as its texts, numbers at the right', () => {
  const rows = [
    { name: 'a', size: 5 },
    { name: 'longer', size: 12345 },
  ]
  assert.equal(table(rows, columns), ['NAME     SIZE', 'a           5', 'longer  12345'].join('\n'))
})

test('on a narrow terminal the widest column is cut', () => {
  const drawn = table([{ name: 'a-very-long-name-indeed', size: 1 }], columns, 20)
  assert.deepEqual(drawn.split('\n'), ['NAME            SIZE', 'a-very-long-n…     1'])
})

test('names cannot move the cursor', () => {
  assert.equal(clean('a\x1b[2Jb\r\n\u009bc'), 'a?[2Jb???c')
})
