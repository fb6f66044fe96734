import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileGlob } from './glob-text.ts'

/** glob, paths that it matches, paths that it does not */
const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['*.ts', ['a.ts', 'x/y/a.ts', '.ts'], ['a.tsx', 'a.ts/b']],
  ['/*.ts', ['a.ts'], ['x/a.ts']],
  ['src/*.ts', ['src/a.ts'], ['x/src/a.ts', 'src/x/a.ts']],
  ['src/**', ['src/a', 'src/a/b'], ['src', 'x/src/a']],
  ['**/a', ['a', 'x/a', 'x/y/a'], ['xa', 'a/b']],
  ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['ab', 'a/xb']],
  ['a**b', ['ab', 'axxb', 'x/ab'], ['a/b']],
  ['?.js', ['a.js'], ['.js', 'ab.js']],
  ['[a-c]x', ['ax', 'cx'], ['dx', '/x']],
  ['[!a]x', ['bx'], ['ax']],
  ['[]]x', [']x'], ['x']],
  ['a[b', ['a[b'], ['ab']],
  ['*.{js,ts}', ['a.js', 'b/a.ts'], ['a.jsx', 'a.{js,ts}']],
  ['{src,test}/**/*.ts', ['src/a.ts', 'test/x/a.ts'], ['lib/a.ts']],
  ['\\*.ts', ['*.ts'], ['a.ts']],
  ['a.b+(c)', ['a.b+(c)'], ['aXb+(c)']],
  ['line\nbreak*', ['line\nbreak\n.md'], ['line']],
]

test('globs match what ripgrep takes them for', () => {
  for (const [glob, yes, no] of cases) {
    const expression = compileGlob(glob, true)
    for (const path of yes) assert.ok(expression?.test(path), `${glob} matches ${path}: ${expression}`)
    for (const path of no) assert.ok(!expression?.test(path), `${glob} does not match ${path}: ${expression}`)
  }
})

test('braces mean themselves in ignore files, and one that is open is no glob', () => {
  assert.ok(compileGlob('{a,b}', false)?.test('{a,b}'))
  assert.equal(compileGlob('{a,b', true), null)
  assert.equal(compileGlob('[z-a]', true), null)
})
