import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type TarEntry, writeTar } from '@sandyard/sdk'
import { readPlace } from './place.ts'
import { unpackBelow } from './unpack.ts'

const ground = mkdtempSync(join(tmpdir(), 'sandyard-unpack-'))
after(() => rmSync(ground, { recursive: true }))
let count = 0

/** A folder with a victim beside it. */
function place(): { folder: string; victim: string } {
  count += 1
  const parent = join(ground, String(count))
  mkdirSync(parent)
  writeFileSync(join(parent, 'victim'), 'whole')
  return { folder: join(parent, 'into'), victim: join(parent, 'victim') }
}

interface Item {
  readonly name: string
  readonly content?: string
  readonly target?: string
  readonly mode?: number
}

async function archive(items: readonly Item[]): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for (const { name, content, target, mode = 0o644 } of items) {
    const source = join(ground, 'source')
    writeFileSync(source, content ?? '')
    const kind = target !== undefined ? 'link' : content === undefined ? 'folder' : 'file'
    const entry: TarEntry = {
      name,
      path: source,
      kind,
      size: content?.length ?? 0,
      mode,
      target: target ?? '',
      modified: 1e9,
    }
    for await (const piece of writeTar([entry])) if (!isEnd(piece)) pieces.push(piece)
  }
  return Buffer.concat([...pieces, Buffer.alloc(1024)])
}

const isEnd = (piece: Uint8Array): boolean => piece.length === 1024 && piece.every((byte) => byte === 0)

async function unpack(bytes: Uint8Array, folder: string, step = bytes.length): Promise<number> {
  const unpacking = unpackBelow(folder, '.', () => {})
  try {
    for (let at = 0; at < bytes.length; at += step) await unpacking.push(bytes.subarray(at, at + step))
    return await unpacking.finish()
  } finally {
    await unpacking.drop()
  }
}

/** Makes the entries of an archive of another type, and its sums right. */
function retype(bytes: Buffer, type: string): Buffer {
  const copy = Buffer.from(bytes)
  copy.write(type, 156, 'latin1')
  copy.fill(' ', 148, 156)
  const sum = copy.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  copy.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return copy
}

test('files, folders and links come out as they were, however the stream is cut', async () => {
  const long = `${'d'.repeat(90)}/${'f'.repeat(120)}`
  const bytes = await archive([
    { name: './', mode: 0o755 },
    { name: './a b', content: 'hello', mode: 0o750 },
    { name: './sub', mode: 0o500 },
    { name: './sub/ü', content: 'x'.repeat(1000) },
    { name: './sub/link', target: '../../../etc/passwd' },
    { name: `./${long}`, content: 'long' },
    { name: './empty', content: '' },
  ])
  for (const step of [1, 511, 512, 513, 100_000]) {
    const { folder } = place()
    assert.equal(await unpack(bytes, folder, step), 4)
    assert.equal(readFileSync(join(folder, 'a b'), 'utf8'), 'hello')
    assert.equal(statSync(join(folder, 'a b')).mode & 0o777, 0o750)
    assert.equal(statSync(join(folder, 'a b')).mtimeMs, 1e12)
    assert.equal(statSync(join(folder, 'sub')).mode & 0o777, 0o500)
    assert.equal(readFileSync(join(folder, 'sub/ü'), 'utf8').length, 1000)
    assert.equal(readlinkSync(join(folder, 'sub/link')), '../../../etc/passwd')
    assert.equal(readFileSync(join(folder, long), 'utf8'), 'long')
    assert.equal(statSync(join(folder, 'empty')).size, 0)
  }
})

test('nothing outside of the folder is written', async () => {
  const hostile: readonly (readonly Item[])[] = [
    [{ name: '../victim', content: 'gone' }],
    [{ name: './a/../../victim', content: 'gone' }],
    [
      { name: './out', target: '..' },
      { name: './out/victim', content: 'gone' },
    ],
    [
      { name: './out', target: '..' },
      { name: './out/new/', mode: 0o777 },
    ],
  ]
  for (const items of hostile) {
    const { folder, victim } = place()
    await assert.rejects(unpack(await archive(items), folder), /which is not what was asked for|no folder/)
    assert.equal(readFileSync(victim, 'utf8'), 'whole')
    assert.equal(existsSync(join(victim, '../new')), false)
  }
  // an absolute name is one below the folder
  const { folder, victim } = place()
  await unpack(await archive([{ name: victim, content: 'inside' }]), folder)
  assert.equal(readFileSync(victim, 'utf8'), 'whole')
  assert.equal(readFileSync(join(folder, victim), 'utf8'), 'inside')
})

test('a link that lies here is replaced and not written through', async () => {
  const { folder, victim } = place()
  mkdirSync(folder)
  symlinkSync(victim, join(folder, 'a'))
  await unpack(await archive([{ name: './a', content: 'new' }]), folder)
  assert.equal(readFileSync(victim, 'utf8'), 'whole')
  assert.equal(readFileSync(join(folder, 'a'), 'utf8'), 'new')
  symlinkSync('..', join(folder, 'up'))
  await assert.rejects(unpack(await archive([{ name: './up/victim', content: 'gone' }]), folder), /no folder/)
  assert.equal(readFileSync(victim, 'utf8'), 'whole')
})

test('a second name of a file outside is not made, and devices are left out', async () => {
  const { folder, victim } = place()
  const [item] = [{ name: './second', target: '../victim' }]
  await assert.rejects(unpack(retype(await archive([item as Item]), '1'), folder), /not what was asked for/)
  mkdirSync(folder, { recursive: true })
  symlinkSync(victim, join(folder, 'lead'))
  // by way of a link that came along: the link gets a second name, not what it leads to
  await unpack(retype(await archive([{ name: './third', target: './lead' }]), '1'), folder)
  assert.equal(readlinkSync(join(folder, 'third')), victim)
  assert.equal(await unpack(retype(await archive([{ name: './device', target: '' }]), '3'), folder), 0)
  assert.equal(existsSync(join(folder, 'device')), false)
})

test('what is no archive, or not whole, is told', async () => {
  const whole = await archive([{ name: './a', content: 'x'.repeat(2000) }])
  await assert.rejects(unpack(Buffer.from('x'.repeat(2000)), place().folder), /no archive/)
  for (const length of [100, 513, 1600, 2048 + 512 - 1])
    await assert.rejects(unpack(whole.subarray(0, length), place().folder), /cut off/, String(length))
  const huge = retype(await archive([{ name: './a', content: 'x' }]), 'L')
  huge.write('77777777777', 124, 'latin1')
  await assert.rejects(unpack(retype(huge, 'L'), place().folder), /too long/)
})

test('places are inside, here, or a stream', () => {
  assert.deepEqual(readPlace('box:/a:b'), { kind: 'inside', sandbox: 'box', path: '/a:b' })
  assert.deepEqual(readPlace('box:'), { kind: 'inside', sandbox: 'box', path: '.' })
  assert.deepEqual(readPlace('./a:b'), { kind: 'here', path: './a:b' })
  assert.deepEqual(readPlace('/a:b'), { kind: 'here', path: '/a:b' })
  assert.deepEqual(readPlace('a/b:c'), { kind: 'here', path: 'a/b:c' })
  assert.deepEqual(readPlace('-'), { kind: 'stream' })
  assert.throws(() => readPlace(''), /empty/)
})

test('folders that were here keep their modes', async () => {
  const folder = join(ground, 'home')
  mkdirSync(join(folder, '.ssh'), { recursive: true })
  for (const path of [folder, join(folder, '.ssh')]) chmodSync(path, 0o700)
  const items: Item[] = ['./', './.ssh', './new'].map((name) => ({ name, mode: 0o777 }))
  await unpack(await archive(items), folder)
  const modes = ['.', '.ssh', 'new'].map((name) => statSync(join(folder, name)).mode & 0o777)
  assert.deepEqual(modes, [0o700, 0o700, 0o777])
})
