import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmod,
  chown,
  link,
  mkdir,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { asNobody, startTestServer, type TestServer } from './test-server.ts'

// biome-ignore lint/suspicious/noExplicitAny: the answer as a client sees it
async function replace(server: TestServer, files: string[], pattern: string, newValue: string): Promise<any[]> {
  return (await server.json('POST', '/files/replace', {}, { files, pattern, newValue })).body
}

test('all occurrences are replaced literally, left to right', async () => {
  await using server = await startTestServer()
  const cases: [before: string, pattern: string, newValue: string][] = [
    ['a.b.a.b', 'a.b', '$&'],
    ['aaaaa', 'aa', 'b'],
    ['abc', 'b', ''],
    ['x', 'x', ''],
    ['no match', 'zzz', 'y'],
    ['héllo wörld', 'ö', 'oe'],
    ['a\nb\n', '\n', '\r\n'],
    ['ab'.repeat(300_000), 'ba', 'xyz'],
    [`${'x'.repeat(262_140)}needle${'x'.repeat(262_140)}needle`, 'needle', 'pin'],
    ['y'.repeat(600_000), 'y', 'zz'],
    ['short', 'much longer than the file', 'x'],
  ]
  for (const [before, pattern, newValue] of cases) {
    await writeFile(join(server.dir, 'f'), before)
    assert.deepEqual(await replace(server, ['f'], pattern, newValue), [{ file: 'f', success: true }])
    const after = await readFile(join(server.dir, 'f'), 'utf8')
    assert.equal(after, before.split(pattern).join(newValue), pattern)
  }
  assert.deepEqual(await readdir(server.dir), ['f'])
})

test('bytes that are not text survive', async () => {
  await using server = await startTestServer()
  await writeFile(join(server.dir, 'f'), Buffer.from([0xff, 0, 0x61, 0xfe, 0x61]))
  await replace(server, ['f'], 'a', 'bb')
  assert.deepEqual(await readFile(join(server.dir, 'f')), Buffer.from([0xff, 0, 0x62, 0x62, 0xfe, 0x62, 0x62]))
})

test('mode, owner, links and further names are kept', async () => {
  await using server = await startTestServer()
  const file = join(server.dir, 'f')
  await writeFile(file, 'old')
  if (process.getuid?.() === 0) await chown(file, 1234, 4321)
  await chmod(file, 0o4751)
  await symlink('f', join(server.dir, 'link'))
  const before = await stat(file)
  await replace(server, ['link'], 'old', 'new')
  const after = await stat(file)
  assert.deepEqual([after.mode, after.uid, after.gid], [before.mode, before.uid, before.gid])
  assert.equal(await readFile(file, 'utf8'), 'new')
  assert.equal(await readlink(join(server.dir, 'link')), 'f')
  await link(file, join(server.dir, 'second'))
  await replace(server, ['f'], 'new', 'newest')
  assert.equal(await readFile(join(server.dir, 'second'), 'utf8'), 'newest')
  assert.equal((await stat(file)).nlink, 2)
})

test('each file has its own result, in order', async () => {
  await using server = await startTestServer()
  await chmod(server.dir, 0o755)
  await mkdir(join(server.dir, 'folder'))
  execFileSync('mkfifo', [join(server.dir, 'pipe')])
  await chmod(join(server.dir, 'pipe'), 0o666)
  await writeFile(join(server.dir, 'locked'), 'x', { mode: 0o644 })
  // Its folder may not be written by the caller, the file may.
  await writeFile(join(server.dir, 'shared'), 'a long text with x')
  await chmod(join(server.dir, 'shared'), 0o666)
  await writeFile(join(server.dir, 'huge'), '')
  await chmod(join(server.dir, 'huge'), 0o666)
  await truncate(join(server.dir, 'huge'), 65 * 1024 * 1024)
  const files = ['nope', 'folder', 'pipe', 'locked', 'huge', '', 'a\0b', 'shared']
  const results = await asNobody(() => replace(server, files, 'x', 'y'))
  assert.deepEqual(results, [
    { file: 'nope', success: false, error: 'no such file or folder: "nope"' },
    { file: 'folder', success: false, error: 'is a folder: "folder"' },
    { file: 'pipe', success: false, error: results[2]?.error },
    { file: 'locked', success: false, error: 'permission denied: "locked"' },
    { file: 'huge', success: false, error: results[4]?.error },
    { file: '', success: false, error: 'The path is empty' },
    { file: 'a\0b', success: false, error: 'The path contains NUL: "a\\u0000b"' },
    { file: 'shared', success: true },
  ])
  assert.match(results[2]?.error, /not a regular file/)
  assert.match(results[4]?.error, /larger than/)
  assert.equal(await readFile(join(server.dir, 'shared'), 'utf8'), 'a long teyt with y')
})

test('a result that is too large changes nothing and leaves nothing', async () => {
  await using server = await startTestServer()
  const text = 'x'.repeat(10_000)
  await writeFile(join(server.dir, 'f'), text)
  const [result] = await replace(server, ['f'], 'x', 'y'.repeat(100_000))
  assert.match(result.error, /would become larger/)
  assert.equal(await readFile(join(server.dir, 'f'), 'utf8'), text)
  assert.deepEqual(await readdir(server.dir), ['f'])
})
