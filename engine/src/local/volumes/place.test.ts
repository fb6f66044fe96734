import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { placeVolumes } from './place.ts'

/** A root file system with these links, and a folder `/real` and a file `/file`. */
function rootWith(links: Readonly<Record<string, string>> = {}): { root: string } & Disposable {
  const root = mkdtempSync(join(tmpdir(), 'sandyard-root-'))
  mkdirSync(join(root, 'real/deep'), { recursive: true })
  writeFileSync(join(root, 'file'), '')
  for (const [path, target] of Object.entries(links)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    symlinkSync(target, join(root, path))
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true }) }
}

test('a path is where its links lead, within the root file system', () => {
  using made = rootWith({
    '/var/run': '../run',
    '/absolute': '/real',
    '/out': '../../../../real/deep',
    '/chain': 'absolute/deep',
    '/dangling': 'new/folder',
  })
  const places = (...paths: string[]) => placeVolumes(made.root, paths)
  assert.deepEqual(places('/data', '/real/deep/new', '/var/run/x'), ['/data', '/real/deep/new', '/run/x'])
  assert.deepEqual(places('/absolute/deep'), ['/real/deep'])
  assert.deepEqual(places('/out'), ['/real/deep'])
  assert.deepEqual(places('/chain/x'), ['/real/deep/x'])
  assert.deepEqual(places('/dangling'), ['/new/folder'])
  assert.deepEqual(places(), [])
})

test('no place of the system is covered, by whatever way a path leads there', () => {
  const links = {
    '/a': '/proc',
    '/b': 'dev/shm',
    '/c': '/',
    '/d': '/opt/sandyard/bin',
    '/e': '/opt',
    '/f': '/x/../etc',
  }
  using made = rootWith(links)
  for (const path of Object.keys(links))
    assert.throws(() => placeVolumes(made.root, [path]), /cannot be mounted at \/. in this snapshot: it leads to/, path)
  for (const path of ['/a/self', '/e/sandyard', '/e/x/../sandyard'])
    assert.throws(() => placeVolumes(made.root, [path]), { code: 'BAD_REQUEST' }, path)
})

test('a volume is not where the system would be led into it', () => {
  for (const link of ['/dev', '/proc', '/sys', '/etc', '/opt/sandyard', '/dev/shm', '/dev/pts']) {
    for (const target of ['/data', '/data/inside']) {
      using made = rootWith({ [link]: target })
      assert.throws(() => placeVolumes(made.root, ['/data']), { code: 'BAD_REQUEST' }, `${link} ${target}`)
    }
  }
})

test('two volumes do not lead into each other', () => {
  using made = rootWith({ '/one': '/real', '/two': '/real/deep', '/three': '/real' })
  const pairs = [
    ['/one', '/two'],
    ['/two', '/one'],
    ['/one', '/three'],
    ['/one/deep', '/two'],
    ['/real', '/two/x'],
  ] // prettier-ignore
  for (const pair of pairs) assert.throws(() => placeVolumes(made.root, pair), { code: 'BAD_REQUEST' }, `${pair}`)
})

test('what is no folder is refused, and links in a circle', () => {
  using made = rootWith({ '/one': '/two', '/two': '/one', '/self': 'self/x', '/link': 'file' })
  for (const path of ['/file', '/file/x', '/link', '/one', '/self/y'])
    assert.throws(() => placeVolumes(made.root, [path]), { code: 'BAD_REQUEST' }, path)
})
