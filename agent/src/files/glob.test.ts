import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileGlob } from './glob.ts'

const cases: readonly [pattern: string, matching: readonly string[], other: readonly string[]][] = [
  ['*.txt', ['a.txt', '.txt', 'a.b.txt'], ['a.txt2', 'txt', 'a.TXT']],
  ['*', ['', 'a', '.hidden', 'a\nb'], []],
  ['a?c', ['abc', 'a.c', 'a€c', 'a😀c'], ['ac', 'abbc']],
  ['[a-c]x', ['ax', 'cx'], ['dx', 'x', 'aax']],
  ['[^a-c]x', ['dx'], ['ax', 'x']],
  ['[!a-c]x', ['dx'], ['bx']],
  ['[\\]a]', [']', 'a'], ['\\']],
  ['\\*', ['*'], ['a', '\\*']],
  ['**a**b', ['ab', 'xaxxb'], ['ba']],
  ['{a,b}', ['{a,b}'], ['a']],
  ['a.b', ['a.b'], ['axb']],
  ['', [''], ['a']],
]

test('a glob matches names as it says', () => {
  for (const [pattern, matching, other] of cases) {
    const matches = compileGlob(pattern)
    assert.ok(matches, pattern)
    for (const name of matching) assert.equal(matches(name), true, `${pattern} ${name}`)
    for (const name of other) assert.equal(matches(name), false, `${pattern} ${name}`)
  }
})

test('a pattern that is not valid is refused', () => {
  for (const pattern of ['[', '[a', '[a-', '[a-]', '[]', '[]a]', '[-a]', 'a\\', '[\\', '[^]', 'x'.repeat(1025)]) {
    assert.equal(compileGlob(pattern), null, pattern)
  }
})

test('time does not explode with the number of stars', () => {
  const matches = compileGlob('*a'.repeat(500))
  const before = process.cpuUsage()
  assert.equal(matches?.('a'.repeat(255)), false)
  assert.equal(compileGlob(`${'*a'.repeat(100)}*b`)?.('a'.repeat(255)), false)
  assert.ok(process.cpuUsage(before).user < 200_000)
})
