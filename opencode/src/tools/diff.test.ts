import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { diffTexts } from './diff.ts'

const body = (patch: string): string => patch.split('\n').slice(4).join('\n')

test('hunks are counted from the right lines', () => {
  assert.equal(body(diffTexts('f', '', 'a\nb\n').patch), '@@ -0,0 +1,2 @@\n+a\n+b\n')
  assert.equal(body(diffTexts('f', 'a\nb\n', '').patch), '@@ -1,2 +0,0 @@\n-a\n-b\n')
  assert.equal(
    body(diffTexts('f', 'a\nb', 'a\nc').patch),
    '@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n',
  )
  assert.equal(body(diffTexts('f', 'a\n', 'a\n').patch), '')
})

test('an indent that all lines share is left out', () => {
  assert.equal(body(diffTexts('f', '    a\n    b\n', '    a\n      c\n').patch), '@@ -1,2 +1,2 @@\n a\n-b\n+  c\n')
})

test('patches of random texts do what they say, and are the shortest', () => {
  const folder = mkdtempSync(join(tmpdir(), 'diff-test-'))
  let seed = 7
  const random = (below: number): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648
    return Math.floor((seed / 2147483648) * below)
  }
  const text = (): string => {
    const lines = Array.from({ length: random(60) }, () => 'abcdef'.charAt(random(6)))
    return lines.join('\n') + (random(2) === 0 || lines.length === 0 ? '' : '\n')
  }
  try {
    const [file, before, after] = ['file', 'before', 'after'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    for (let round = 0; round < 60; round += 1) {
      const [one, two] = [text(), text()]
      if (one === two) continue
      writeFileSync(file, one)
      writeFileSync(before, one)
      writeFileSync(after, two)
      const { patch, additions, deletions } = diffTexts('file', one, two)
      execFileSync('patch', ['-s', '--no-backup-if-mismatch', '-F0', file], { input: patch })
      assert.equal(readFileSync(file, 'utf8'), two, patch)
      let theirs = ''
      try {
        execFileSync('git', ['diff', '--no-index', '--numstat', '--minimal', before, after], { encoding: 'utf8' })
      } catch (error) {
        theirs = (error as { stdout: string }).stdout
      }
      assert.equal(`${additions}\t${deletions}`, /^\d+\t\d+/.exec(theirs)?.[0], patch)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('texts that have nothing in common are compared at once', () => {
  const lines = (start: string): string => Array.from({ length: 30_000 }, (_, index) => `${start}${index}\n`).join('')
  const begun = performance.now()
  const { additions, deletions } = diffTexts('f', lines('a'), lines('b'))
  assert.deepEqual([additions, deletions], [30_000, 30_000])
  assert.ok(performance.now() - begun < 5000)
})
