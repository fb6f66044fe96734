import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { startBox, type TestBox } from './box.fixture.ts'

let box: TestBox
let clock = 1_000_000
before(async () => {
  box = await startBox()
  const files: Record<string, string> = {
    'src/a.ts': 'const one = 1\n',
    'src/b.tsx': 'export const Two = 2\n',
    'src/deep/c.ts': 'one two\r\nthree\n',
    'src/gen.ts': 'one generated\n',
    'dist/out.js': 'one built\n',
    'node_modules/x/index.ts': 'one module\n',
    '.github/flow.yml': 'one: hidden\n',
    '.env': 'ONE=1\n',
    'docs/keep.log': 'one kept\n',
    'docs/drop.log': 'one dropped\n',
    '.gitignore': 'node_modules/\n/dist\n*.log\n!keep.log\n# comment\n',
    'src/.gitignore': '/gen.ts\n',
    '.git/config': 'one git\n',
  }
  for (const [name, content] of Object.entries(files)) put(name, content)
})
after(() => box[Symbol.asyncDispose]())

const at = (name: string): string => join(box.folder, name)
/** each file is newer than the one before */
const put = (name: string, content: string | Uint8Array): void => {
  mkdirSync(dirname(at(name)), { recursive: true })
  writeFileSync(at(name), content)
  clock += 10
  utimesSync(at(name), clock, clock)
}
const glob = async (pattern: string, path?: string): Promise<string[]> => {
  const { output } = await box.call('glob', { pattern, path: path ?? null })
  return output.split('\n').map((line) => line.replace(`${box.folder}/`, ''))
}
const grep = (pattern: string, more: object = {}) => box.call('grep', { pattern, ...more })

test('glob finds the last changed first, without what is ignored or hidden', async () => {
  assert.deepEqual(await glob('**/*'), ['docs/keep.log', 'src/deep/c.ts', 'src/b.tsx', 'src/a.ts'])
  assert.deepEqual(await glob('*.tsx'), ['src/b.tsx'])
  assert.deepEqual(await glob('src/*.tsx'), ['src/b.tsx'])
  assert.deepEqual(await glob('**/deep/*'), ['src/deep/c.ts'])
  assert.deepEqual(await glob('src/**/*.{js,tsx}'), ['src/b.tsx'])
  assert.deepEqual(await glob('[ab].ts?'), ['src/b.tsx'])
  assert.deepEqual(await glob('**/nothing'), ['No files found'])
})

test('glob finds what its pattern names', async () => {
  assert.deepEqual(await glob('.env'), ['.env'])
  assert.deepEqual(await glob('.github/**'), ['.github/flow.yml'])
  assert.deepEqual(await glob('*.ts', 'node_modules'), ['node_modules/x/index.ts'])
  assert.deepEqual(await glob(`${box.folder}/src/*.tsx`), ['src/b.tsx'])
})

test('glob tells its folder and its count, and refuses what is no folder or no glob', async () => {
  const { title, metadata } = await box.call('glob', { pattern: '*.tsx', path: 'src' })
  assert.equal(title, 'src')
  assert.deepEqual(metadata, { count: 1, truncated: false })
  await assert.rejects(box.call('glob', { pattern: '*', path: 'src/a.ts' }), {
    message: `glob path must be a directory: ${at('src/a.ts')}`,
  })
  await assert.rejects(box.call('glob', { pattern: '*', path: 'none' }), /No such file or folder/)
  await assert.rejects(box.call('glob', { pattern: '{a' }), /Not a valid glob: \{a/)
  await assert.rejects(box.call('glob', {}), { message: 'pattern is required' })
})

test('glob shows 100 of more, and names with line breaks as texts', async () => {
  for (let number = 0; number < 130; number += 1) put(`many/${number}.md`, '')
  put('many/line\nbreak.md', '')
  const { output, metadata } = await box.call('glob', { pattern: '*.md', path: 'many' })
  const lines = output.split('\n')
  assert.equal(lines[0], JSON.stringify(at('many/line\nbreak.md')))
  assert.equal(lines[1], at('many/129.md'))
  assert.equal(lines.length, 102)
  assert.match(output, /\n\n\(Results are truncated: showing first 100 results\./)
  assert.deepEqual(metadata, { count: 100, truncated: true })
})

test('grep finds lines, without what is ignored', async () => {
  const { title, output, metadata } = await grep('\\bone\\b')
  assert.equal(title, '\\bone\\b')
  assert.equal(
    output,
    [
      'Found 4 matches',
      `${at('docs/keep.log')}:`,
      '  Line 1: one kept',
      '',
      `${at('.github/flow.yml')}:`,
      '  Line 1: one: hidden',
      '',
      `${at('src/deep/c.ts')}:`,
      '  Line 1: one two',
      '',
      `${at('src/a.ts')}:`,
      '  Line 1: const one = 1',
    ].join('\n'),
  )
  assert.deepEqual(metadata, { matches: 4, truncated: false })
})

test('grep takes a folder or a file, a glob, and flags of patterns', async () => {
  assert.match((await grep('one', { path: 'src/deep' })).output, /^Found 1 matches\n.*c\.ts:/)
  assert.match((await grep('three', { path: 'src/deep/c.ts' })).output, /^Found 1 matches\n.*\n {2}Line 2: three$/)
  assert.match((await grep('one', { include: '*.{yml,tsx}' })).output, /^Found 1 matches\n.*flow\.yml:/)
  assert.match((await grep('(?i)TWO', { include: '*.ts*' })).output, /^Found 2 matches/)
  assert.match((await grep('^[[:alpha:]]+ Two', { path: 'src' })).output, /^No files found$/)
  assert.match((await grep('Two = [[:digit:]]$')).output, /^Found 1 matches/)
  assert.match((await grep('1\\-?$', { path: 'src' })).output, /^Found 1 matches/)
  assert.equal((await grep('nowhere to be found')).output, 'No files found')
})

test('grep refuses patterns that are none, and places that are none', async () => {
  await assert.rejects(grep('(a'), /Not a valid regular expression/)
  await assert.rejects(grep('a\\nb'), /within one line/)
  await assert.rejects(grep('a', { path: 'none' }), /No such file or folder/)
  await assert.rejects(grep(''), { message: 'pattern is required' })
})

test('grep leaves out binary files, pipes and links, and cuts long lines and long answers', async () => {
  put('odd/binary.dat', Buffer.concat([Buffer.from('needle\n'), Buffer.alloc(10)]))
  put('odd/wide.txt', `${'x'.repeat(5000)}needle\n`)
  put('odd/many.txt', 'needle\n'.repeat(300))
  symlinkSync('many.txt', at('odd/link.txt'))
  symlinkSync('..', at('odd/up'))
  await box.agent.run(`mkfifo ${at('odd/pipe')}`)
  const { output, metadata } = await grep('needle', { path: 'odd' })
  assert.match(output, /^Found 100 matches \(more matches available\)\n/)
  assert.ok(!output.includes('link.txt') && !output.includes('binary'))
  assert.deepEqual(metadata, { matches: 100, truncated: true })
  const wide = await grep('needle', { path: 'odd', include: 'wide.txt' })
  assert.match(wide.output, / {2}Line 1: x{2000}\.\.\.$/)
  put('odd/huge.txt', `needle ${'y'.repeat(1500)}\n`.repeat(80))
  const huge = await grep('needle', { path: 'odd/huge.txt' })
  assert.ok(Buffer.byteLength(huge.output) <= 51_200)
  assert.match(huge.output, /^Found 33 matches \(more matches available\)\n/)
})

test('a pattern that takes for ever is ended', { timeout: 110_000 }, async () => {
  put('slow/a.txt', `${'a'.repeat(60)}!\n`)
  const stop = AbortSignal.timeout(3000)
  await assert.rejects(box.call('grep', { pattern: '^(a+)+$', path: 'slow' }, stop), /abort|time/i)
})
