import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { isPlatformError } from '../errors.ts'
import { filesToRead, projectFileBytes } from './files-to-read.ts'
import type { ProjectPlan } from './plan.ts'
import { planProject } from './plan-project.ts'

/** A plan, or the refusal; anything else fails the test. */
function tryPlan(names: readonly string[], texts: Readonly<Record<string, string>>): ProjectPlan | null {
  try {
    return planProject({ names, texts })
  } catch (error) {
    if (isPlatformError(error)) return null
    throw error
  }
}

const long = (piece: string): string =>
  piece.repeat(Math.ceil(projectFileBytes / piece.length)).slice(0, projectFileBytes)

test('long texts of any kind take no time', () => {
  const pieces = [' ', 'a', '\n', '=', 'a=', 'a: ', '"', "'", '$', '{', '[', '\\', 'A\n', 'EXPOSE ', 'web:', 'FROM a\n']
  const lines = [
    ' '.repeat(499),
    'a'.repeat(499),
    'a '.repeat(249),
    'a= '.repeat(166),
    'output '.repeat(71),
    `app${' '.repeat(490)}`,
  ]
  for (const piece of [...pieces, ...lines.map((line) => `${line}\n`)]) {
    const texts = Object.fromEntries(
      filesToRead.filter((name) => !name.endsWith('.json')).map((name) => [name, long(piece)]),
    )
    const started = performance.now()
    tryPlan([...filesToRead, 'app/', 'src/', 'api/', 'backend/'], texts)
    tryPlan([...filesToRead], { ...texts, 'package.json': JSON.stringify({ dependencies: { next: '1' } }) })
    const took = performance.now() - started
    assert.ok(took < 1500, `${JSON.stringify(piece.slice(0, 10))} took ${Math.round(took)} ms`)
  }
})

test('a package.json of any form gives a plan or a refusal', () => {
  const values = ['null', '1', '"text"', '[]', 'true', long('['), `"${long('a').slice(2)}"`, '{"a":'.repeat(20_000), '']
  for (const value of values) {
    assert.equal(tryPlan(['package.json'], { 'package.json': value }), null)
    for (const field of ['scripts', 'dependencies', 'devDependencies', 'packageManager', 'main', 'workspaces']) {
      tryPlan(['package.json'], { 'package.json': `{"${field}": ${value || '""'}}` })
      tryPlan(['package.json'], { 'package.json': `{"scripts": {"start": ${value || '""'}}}` })
    }
  }
})

test('keys of every object mean nothing', () => {
  const text =
    '{"__proto__": {"scripts": {"start": "x"}}, "dependencies": {"__proto__": {"next": "1"}, "toString": "1"}}'
  assert.equal(tryPlan(['package.json'], { 'package.json': text }), null)
  // A text is one that was read, not one that every object has.
  assert.equal(tryPlan(['constructor'], {}), null)
  assert.equal(({} as { scripts?: unknown }).scripts, undefined)
})

test('scripts that are no text are not there', () => {
  const scripts = { start: 1, dev: null, build: ['x'], serve: {} }
  assert.equal(tryPlan(['package.json'], { 'package.json': JSON.stringify({ scripts }) }), null)
})

test('names never become words of the shell', () => {
  const evil = '$(touch x); `id` "a" \'b\' & | > < * ? ~ # \\'
  const main = JSON.stringify({ main: `${evil}.js` })
  const { start } = planProject({ names: ['package.json', `${evil}.js`], texts: { 'package.json': main } })
  // biome-ignore lint/suspicious/noTemplateCurlyInString: for the shell
  const before = 'NODE_ENV="${NODE_ENV:-production}" node '
  assert.ok(start?.startsWith(before))
  const echoed = execFileSync('sh', ['-c', `printf %s ${start?.slice(before.length)}`], { encoding: 'utf8' })
  assert.equal(echoed, `./${evil}.js`)
})

test('a main file is no option, and none of elsewhere', () => {
  const startOf = (main: string): string | undefined =>
    tryPlan(['package.json', main, 'a/'], { 'package.json': JSON.stringify({ main }) })?.start ?? undefined
  assert.match(startOf('--eval=1') ?? '', / node \.\/--eval=1$/)
  for (const main of ['/etc/passwd', '../x.js', 'a/../../x.js', 'a\0b']) assert.equal(startOf(main), undefined)
})

test('a script with signs of the shell is run as it is, and its words get nowhere else', () => {
  for (const dev of [
    'next dev; rm -rf /',
    'next dev && x',
    'next dev $(x)',
    'next dev "a b"',
    'next dev `x`',
    'next dev\nx',
  ]) {
    const text = JSON.stringify({ dependencies: { next: '1' }, scripts: { dev } })
    const plan = planProject({ names: ['package.json'], texts: { 'package.json': text } }, { mode: 'development' })
    assert.match(plan.start ?? '', /^npm run dev( -- -p 3000 -H 0\.0\.0\.0)?$/)
    if (!dev.includes('\n')) assert.equal(plan.start, 'npm run dev')
  }
})

test('no application serves on a port of the platform', () => {
  for (const port of [2280, 22_220, 22_222, 33_333]) {
    const start = `node server.js --port ${port}`
    const texts = { 'sandyard.json': JSON.stringify({ start: 'node server.js', port }) }
    assert.throws(() => planProject({ names: ['sandyard.json'], texts }), /no port of the platform/)
    const scripts = { 'package.json': JSON.stringify({ scripts: { start } }) }
    assert.notEqual(planProject({ names: ['package.json', 'server.js'], texts: scripts }).port, port)
    const image = { Dockerfile: `FROM a\nEXPOSE ${port}\n` }
    assert.notEqual(tryPlan(['Dockerfile'], image)?.port, port)
  }
})
