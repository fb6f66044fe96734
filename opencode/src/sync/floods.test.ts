import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { deflateSync } from 'node:zlib'
import type { Inside } from './inside.ts'
import { createQuarantine } from './quarantine.ts'
import { findRepository } from './repository.ts'
import { createGit } from './run-git.ts'
import { createGround, localInside, type SyncGround } from './sync.fixture.ts'

const MB = 1_000_000
const environment = { PATH: process.env.PATH, HOME: tmpdir() }
const folder = mkdtempSync(join(tmpdir(), 'floods-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** A session of a repository with one commit. */
async function begin(ground: SyncGround) {
  ground.write('a.txt', 'first\n')
  ground.here('add', '.')
  ground.here('commit', '-qm', 'first')
  const session = ground.session('one')
  await ground.sync().start(session.box, session)
  return session
}

function answering(ground: SyncGround, change: (inside: Inside) => Partial<Inside>) {
  return ground.sync({
    inside: (_, project) => {
      const plain = localInside(project, environment)
      return { ...plain, ...change(plain) }
    },
  })
}

describe('a sandbox that sends much', () => {
  test('has no more branches looked at than may come', { timeout: 60_000 }, async () => {
    using ground = createGround()
    const session = await begin(ground)
    const sides = Array.from({ length: 20_000 }, (_, index) => {
      const commit = createHash('sha1').update(`${index}`).digest('hex')
      return `side ${index % 100} ${commit} branch${index}`
    })
    const lie = ['tip 1111111111111111111111111111111111111111', ...sides].join('\n')
    const sync = answering(ground, (plain) => ({
      run: async (script, variables, seconds) =>
        script.includes('commit-tree') ? { exitCode: 0, output: lie } : await plain.run(script, variables, seconds),
    }))
    assert.equal((await sync.pull(session.box, session))?.isChanged, false)
    const missed = ground.logged.filter((line) => line.includes('did not arrive'))
    assert.equal(missed.length, 21)
  })

  test('has only those refs taken that were asked for', async () => {
    using ground = createGround()
    await begin(ground)
    const commit = ground.here('rev-parse', 'HEAD')
    for (const name of ['head', 'side0', 'side1', 'other'])
      ground.here('update-ref', `refs/sandyard/out/${name}`, commit)
    const bundle = join(ground.folder, 'many.bundle')
    const refs = ground.here('for-each-ref', '--format=%(refname)', 'refs/sandyard/out').split('\n')
    ground.here('bundle', 'create', '-q', bundle, ...refs)
    const found = await findRepository(environment, ground.repository)
    assert.ok('repository' in found)
    const place = mkdtempSync(join(ground.folder, 'place-'))
    const quarantine = await createQuarantine(found.repository, environment, place, [])
    await quarantine.unbundle(bundle, ['head', 'side1'], {})
    assert.deepEqual([...(await quarantine.land(1)).keys()].sort(), ['head', 'side1'])
  })

  test('cannot make files of gigabytes out of a small pack', { timeout: 120_000 }, async () => {
    using ground = createGround()
    const session = await begin(ground)
    const { bundle, commit } = writeBomb(ground.here('rev-parse', 'HEAD'))
    const sync = answering(ground, () => sending(bundle, commit))
    const pulled = await sync.pull(session.box, session)
    assert.equal(pulled?.commit, commit)
    const counted = ground.here('count-objects', '-v')
    const kiB = [...counted.matchAll(/^size(?:-pack)?: (\d+)$/gm)].reduce((sum, [, size]) => sum + Number(size), 0)
    assert.ok(bundle.length < 2 * MB && kiB * 1024 < 30 * MB, `${bundle.length} bytes became ${kiB} KiB`)
    assert.equal(ground.here('ls-tree', '-r', '--name-only', 'opencode/1').split('\n').length, 20)
  })

  test('cannot have a small pack become a large one', { timeout: 120_000 }, async () => {
    using ground = createGround()
    const session = await begin(ground)
    const before = ground.here('for-each-ref')
    // Of files this large git makes no differences, and the one that these are made of is not there for itself.
    const { bundle, commit } = writeBomb(ground.here('rev-parse', 'HEAD'), 70)
    const sync = ground.sync({
      limit: 30 * MB,
      inside: (_, project) => ({ ...localInside(project, environment), ...sending(bundle, commit) }),
    })
    await assert.rejects(sync.pull(session.box, session), /more than 90000000 bytes/)
    assert.equal(ground.here('for-each-ref'), before)
    assert.match(ground.here('count-objects', '-v'), /^size-pack: 0$/m)
  })

  test('cannot fill the memory with an endless list of refs', { timeout: 60_000 }, async () => {
    const git = createGit(environment, folder)
    await git.run(['init', '-q', '--bare', '.'])
    const flood = join(folder, 'flood.mjs')
    writeFileSync(
      flood,
      `let number = 0
const line = (text) => (Buffer.byteLength(text) + 4).toString(16).padStart(4, '0') + text
const some = () => {
  let lines = ''
  for (let end = number + 2000; number < end; number += 1)
    lines += line('a'.repeat(40) + ' refs/x/' + 'y'.repeat(200) + number + (number === 0 ? '\\0ofs-delta' : '') + '\\n')
  return lines
}
const write = () => { while (process.stdout.write(some())); }
process.stdout.on('drain', write).on('error', () => process.exit())
write()
`,
    )
    const started = Date.now()
    await assert.rejects(
      git.run(['fetch', '--', 'ssh://sandbox/x', 'refs/x/z'], {
        env: { GIT_SSH_COMMAND: `'${process.execPath}' '${flood}'`, GIT_SSH_VARIANT: 'simple' },
        mostMemory: 100 * MB,
      }),
      /git was ended: it took too much memory/,
    )
    assert.ok(Date.now() - started < 30_000)
  })

  test('has names that exclude each other brought as far as it goes, and the main line in any case', async () => {
    using ground = createGround()
    const session = await begin(ground)
    session.git('branch', 'a')
    session.git('checkout', '-q', 'a')
    session.write('one.txt', '1\n')
    session.git('add', '.')
    session.git('commit', '-qm', 'one')
    session.git('checkout', '-q', 'opencode')
    const sync = ground.sync()
    await sync.pull(session.box, session)
    session.git('branch', '-q', '-m', 'a', 'a/b')
    session.git('checkout', '-q', 'a/b')
    session.write('two.txt', '2\n')
    session.git('add', '.')
    session.git('commit', '-qm', 'two')
    session.git('checkout', '-q', 'opencode')
    session.write('main.txt', 'm\n')
    const pulled = await sync.pull(session.box, session)
    assert.match(pulled?.warning ?? '', /Branch a\/b of the sandbox could not be brought/)
    assert.equal(ground.here('show', 'opencode/1:main.txt'), 'm')
  })
})

/** A sandbox that has one bundle to send. */
function sending(bundle: Buffer, commit: string): Pick<Inside, 'run' | 'download'> {
  return {
    run: async (script) => ({
      exitCode: 0,
      output: script.includes('commit-tree') ? `tip ${commit}` : `bundle ${bundle.length} /x`,
    }),
    download: async (_, local) => writeFileSync(local, bundle),
  }
}

/** A bundle of twenty files of `size` MB that look random to a compressor, in one of 1 MB. */
function writeBomb(parent: string, size = 20): { bundle: Buffer; commit: string } {
  const base = randomBytes(MB)
  const big = Buffer.concat(Array.from({ length: size }, () => base))
  const objects: Buffer[] = [entry(3, base.length, base)]
  const entries: Buffer[] = []
  const baseName = nameOf('blob', base)
  for (let index = 0; index < 20; index += 1) {
    // The differing first bytes make another object of each.
    const start = Buffer.from(`file ${index}`)
    const name = nameOf('blob', Buffer.concat([start, big]))
    const copy = Buffer.from([0xf0, MB & 0xff, (MB >> 8) & 0xff, MB >> 16])
    const delta = Buffer.concat([
      varint(MB),
      varint(start.length + big.length),
      Buffer.from([start.length]),
      start,
      ...Array.from({ length: size }, () => copy),
    ])
    objects.push(entry(7, delta.length, delta, Buffer.from(baseName, 'hex')))
    const fileName = `f${String(index).padStart(2, '0')}`
    entries.push(Buffer.from(`100644 ${fileName}\0`), Buffer.from(name, 'hex'))
  }
  const tree = Buffer.concat(entries)
  const who = 'A <a@example.com> 1700000000 +0000'
  const text = `tree ${nameOf('tree', tree)}\nparent ${parent}\nauthor ${who}\ncommitter ${who}\n\nbomb\n`
  const commit = nameOf('commit', Buffer.from(text))
  objects.push(entry(2, tree.length, tree), entry(1, Buffer.byteLength(text), Buffer.from(text)))
  const head = Buffer.alloc(12)
  head.write('PACK')
  head.writeUInt32BE(2, 4)
  head.writeUInt32BE(objects.length, 8)
  const body = Buffer.concat([head, ...objects])
  const pack = Buffer.concat([body, createHash('sha1').update(body).digest()])
  const lines = `# v2 git bundle\n-${parent} first\n${commit} refs/sandyard/out/head\n\n`
  return { bundle: Buffer.concat([Buffer.from(lines), pack]), commit }
}

function nameOf(type: string, content: Buffer): string {
  return createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex')
}

/** An object of a pack. */
function entry(type: number, size: number, content: Buffer, base: Buffer = Buffer.alloc(0)): Buffer {
  const rest = Math.floor(size / 16)
  const first = (type << 4) | (size & 15) | (rest > 0 ? 0x80 : 0)
  return Buffer.concat([Buffer.from([first]), rest > 0 ? varint(rest) : Buffer.alloc(0), base, deflateSync(content)])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  do {
    bytes.push((rest & 127) | (rest > 127 ? 128 : 0))
    rest >>= 7
  } while (rest > 0)
  return Buffer.from(bytes)
}
