import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { isPlatformError } from '@sandyard/protocol'
import { type ContextFile, writeTar } from './build.fixture.ts'
import { readContext } from './build-context.ts'
import { compileName, fitsName } from './glob.ts'
import { parseIgnore } from './ignore.ts'
import { digestOf, resolvePath, selectFiles } from './select.ts'
import type { CopyStep } from './step.ts'

const signal = new AbortController().signal
const step = (sources: readonly string[], isFolder = true): CopyStep => ({
  kind: 'copy',
  keyword: 'COPY',
  line: 3,
  text: '',
  from: { kind: 'context' },
  sources,
  texts: [],
  urls: [],
  to: '/to',
  isFolder,
  owner: '',
  mode: null,
})

describe('a build context', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sandyard-context-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  const open = async (...tars: Record<string, ContextFile>[]) =>
    await readContext(await Promise.all(tars.map((files) => writeTar(folder, files))), signal)
  const select = (context: Awaited<ReturnType<typeof open>>, ...sources: string[]): string[] =>
    selectFiles(context, step(sources)).map(({ path, name, entry }) => `${path || name}=${entry.path}`)

  it('is all tar files together, plain or packed', async () => {
    const plain = await writeTar(folder, { 'home/me/a.txt': 'a', './b/': { type: 'directory' } })
    const packed = join(folder, 'packed.tar.gz')
    writeFileSync(
      packed,
      gzipSync(
        readFileSync(
          fileURLToPath(
            await writeTar(folder, { 'c.txt': 'c', [`${'long/'.repeat(60)}x`]: 'x', 'home/me/a.txt': 'later' }),
          ),
        ),
      ),
    )
    const context = await readContext([plain, pathToFileURL(packed).href], signal)
    assert.deepEqual(select(context, 'home/me/a.txt', 'b', 'c.txt'), ['a.txt=home/me/a.txt', 'c.txt=c.txt'])
    assert.equal(context.entries.get('home/me/a.txt')?.place?.tar, 1)
    assert.ok(context.entries.has(`${'long/'.repeat(60)}x`))
  })

  it('has folders, empty ones too, and links, which lead no further than the context', async () => {
    const context = await open({
      'd/e/': { type: 'directory' },
      'd/f': 'f',
      'd/l': { type: 'symlink', linkname: 'f' },
      'd/h': { type: 'link', linkname: 'd/f' },
      'd/p': { type: 'fifo' },
      link: { type: 'symlink', linkname: '/d' },
      up: { type: 'symlink', linkname: '../../../d/f' },
      loop: { type: 'symlink', linkname: 'loop' },
    })
    assert.deepEqual(select(context, 'd'), ['e=d/e', 'f=d/f', 'h=d/h', 'l=d/l'])
    assert.deepEqual(select(context, 'link', 'up'), ['e=d/e', 'f=d/f', 'h=d/h', 'l=d/l', 'up=d/f'])
    assert.deepEqual(select(context, 'link/l'), ['l=d/f'])
    assert.equal(resolvePath(context, 'loop'), null)
    assert.throws(
      () => select(context, 'no/thing'),
      /line 3: COPY failed: file not found in build context or excluded by \.dockerignore: stat no\/thing/,
    )
  })

  it('has patterns', async () => {
    const context = await open({ 'a.py': '1', 'b.py': '2', 'c.txt': '3', 'd/e.py': '4' })
    assert.deepEqual(select(context, '*.py'), ['a.py=a.py', 'b.py=b.py'])
    assert.deepEqual(select(context, '*/[d-f].p?'), ['e.py=d/e.py'])
    assert.throws(() => select(context, '*.go'), /no source files/)
    assert.throws(() => selectFiles(context, step(['*.py'], false)), /must be a directory/)
    assert.throws(() => select(context, '[a'), /syntax error in pattern/)
  })

  it('leaves out what it says itself', async () => {
    const context = await open({
      '.dockerignore': '# c\n*.log\n!keep.log\nnode_modules\n/d/**/x\n**/tmp',
      'a.log': '',
      'keep.log': '',
      'node_modules/a/b': '',
      'd/x': '',
      'd/e/x': '',
      'd/y': '',
      'q/tmp/z': '',
    })
    assert.deepEqual(
      [...context.entries.keys()].sort(),
      ['.dockerignore', 'd', 'd/e', 'd/y', 'keep.log', 'q'].filter((name) => context.entries.has(name)),
    )
    for (const gone of ['a.log', 'node_modules', 'node_modules/a', 'd/x', 'd/e/x', 'q/tmp', 'q/tmp/z'])
      assert.ok(!context.entries.has(gone), gone)
    for (const kept of ['keep.log', 'd/y']) assert.ok(context.entries.has(kept), kept)
  })

  it('has the same digest for the same content', async () => {
    const [one, same, other, bits] = await Promise.all([
      open({ a: '1', b: '2' }),
      open({ b: '2' }, { a: '1' }),
      open({ a: '1', b: '3' }),
      open({ a: '1', b: { text: '2', mode: 0o755 } }),
    ])
    const digest = (context: typeof one) => digestOf(selectFiles(context, step([''])))
    assert.equal(digest(one), digest(same))
    assert.notEqual(digest(one), digest(other))
    assert.notEqual(digest(one), digest(bits))
  })

  for (const [what, content, message] of [
    ['no tar file', Buffer.from('x'.repeat(2000)), /cannot be read: it is not a tar file/],
    ['less than a header', Buffer.from('x'), /cannot be read: it is cut off/],
    ['a broken gzip file', Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.alloc(100, 7)]), /cannot be unpacked/],
  ] as const) {
    it(`is refused: ${what}`, async () => {
      const file = join(folder, 'broken')
      writeFileSync(file, content)
      await assert.rejects(readContext([pathToFileURL(file).href], signal), { code: 'BAD_REQUEST', message })
    })
  }

  it('is refused when it leads out of itself, or is not there', async () => {
    await assert.rejects(open({ '../x': '1' }), { code: 'BAD_REQUEST', message: /an entry outside of it/ })
    await assert.rejects(open({ h: { type: 'link', linkname: '../../etc/passwd' } }), { code: 'BAD_REQUEST' })
    await assert.rejects(open({ h: { type: 'link', linkname: 'etc/passwd' } }), {
      message: /a link to what is not there/,
    })
    await assert.rejects(readContext([pathToFileURL(join(folder, 'none')).href], signal), { message: /is not there/ })
  })

  it('that is small and means much is refused', async () => {
    const deep = (number: number): string => `${`${number}/`.repeat(1000)}x`
    const folders = Object.fromEntries(
      Array.from({ length: 220 }, (_, number) => [deep(number % 10), '']).concat(
        Array.from({ length: 220 }, (_, number) => [deep(number).slice(0, 4000), '']),
      ),
    )
    await assert.rejects(open(folders), { code: 'BAD_REQUEST', message: /more than 200000 folders/ })
    const many = await open(Object.fromEntries(Array.from({ length: 2000 }, (_, number) => [`f${number}`, ''])))
    assert.throws(
      () => selectFiles(many, step(Array.from({ length: 3000 }, () => ''))),
      /line 3: too many files are copied too often/,
    )
    const globs = await open(Object.fromEntries(Array.from({ length: 2000 }, (_, number) => [`f${number}`, ''])))
    assert.throws(
      () => selectFiles(globs, step(Array.from({ length: 3000 }, () => '*a'))),
      /line 3: too many files are copied too often/,
    )
  })

  it('of any bytes is read or refused', async () => {
    const good = readFileSync(
      fileURLToPath(
        await writeTar(folder, {
          [`${'n'.repeat(120)}`]: 'text',
          d: { type: 'directory' },
          l: { type: 'symlink', linkname: 'x' },
        }),
      ),
    )
    let seed = 11
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff
      return seed % below
    }
    const file = join(folder, 'fuzz')
    for (let round = 0; round < 400; round++) {
      const bytes = Buffer.from(good.subarray(0, random(4) === 0 ? random(good.length) : good.length))
      for (let change = random(6); change >= 0; change--)
        if (bytes.length > 0) bytes[random(bytes.length)] = random(256)
      // A right checksum lets more of it through.
      for (let at = 0; at + 512 <= bytes.length; at += 512) {
        bytes.write('        ', at + 148, 'latin1')
        const sum = bytes.subarray(at, at + 512).reduce((total, byte) => total + byte, 0)
        bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1')
      }
      writeFileSync(file, bytes)
      await readContext([pathToFileURL(file).href], signal).catch((error: unknown) => {
        assert.ok(isPlatformError(error) && error.code === 'BAD_REQUEST', String(error))
      })
    }
  })
})

describe('patterns', () => {
  it('of evil minds take no time', () => {
    const pieces = compileName(`${'*a'.repeat(2000)}b`)
    const before = process.cpuUsage()
    assert.equal(fitsName(pieces, 'a'.repeat(255)), false)
    const ignore = parseIgnore(`${'**/'.repeat(60)}x\n`.repeat(100))
    assert.equal(ignore(`${'a/'.repeat(60)}y`), false)
    // of its own processor time: the machine may be busy with others
    assert.ok(process.cpuUsage(before).user < 1_000_000)
  })

  it('are refused when they are broken or too many', () => {
    assert.throws(() => parseIgnore('ok\n[a'), /line 2/)
    assert.throws(() => parseIgnore('a\n'.repeat(501)), /more than 500 patterns/)
  })
})
