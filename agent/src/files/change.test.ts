import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import {
  appendFile,
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { asNobody, startTestServer, type TestServer } from './test-server.ts'

async function status(
  server: TestServer,
  method: string,
  path: string,
  query: Record<string, string>,
): Promise<unknown> {
  const answer = await server.json(method, path, query)
  return answer.status < 400 ? answer.status : `${answer.status} ${answer.body.code}`
}

test('a folder is made with its parents and exactly the mode asked for', async () => {
  await using server = await startTestServer()
  await writeFile(join(server.dir, 'file'), '')
  await symlink('gone', join(server.dir, 'dangling'))
  const make = (path: string, mode?: string): Promise<unknown> =>
    status(server, 'POST', '/files/folder', { path, ...(mode === undefined ? {} : { mode }) })
  const umask = process.umask(0o077)
  assert.equal(await make('a/b/c', '1777'), 201)
  process.umask(umask)
  assert.equal((await stat(join(server.dir, 'a/b/c'))).mode & 0o7777, 0o1777)
  assert.equal(await make('a/b/c', '700'), 201)
  assert.equal((await stat(join(server.dir, 'a/b/c'))).mode & 0o7777, 0o1777)
  assert.equal(await make('plain'), 201)
  assert.equal((await stat(join(server.dir, 'plain'))).mode & 0o7777, 0o755)
  assert.equal(await make('file'), '409 CONFLICT')
  assert.equal(await make('file/x'), '400 INVALID_FILE_PATH')
  assert.equal(await make('x'.repeat(256)), '400 INVALID_FILE_PATH')
  for (const mode of ['888', '', 'rwx', '77777', '-1']) assert.equal(await make('m', mode), '400 BAD_REQUEST', mode)
  assert.match(String(await make('dangling')), /^4/)
  await chmod(server.dir, 0o755)
  assert.equal(await asNobody(() => make('denied')), '403 FILE_ACCESS_DENIED')
})

test('files, links, broken links and whole folders are deleted', async () => {
  await using server = await startTestServer()
  const remove = (path: string, query = {}): Promise<unknown> => status(server, 'DELETE', '/files', { path, ...query })
  await mkdir(join(server.dir, 'kept/in'), { recursive: true })
  await symlink('kept', join(server.dir, 'link'))
  await symlink('gone', join(server.dir, 'broken'))
  await writeFile(Buffer.concat([Buffer.from(`${server.dir}/kept/in/`), Buffer.from([0xff])]), '')
  assert.equal(await remove('broken'), 204)
  assert.equal(await remove('link', { recursive: 'true' }), 204)
  assert.ok(existsSync(join(server.dir, 'kept/in')))
  await symlink('kept', join(server.dir, 'slashed'))
  await remove('slashed/', { recursive: 'true' })
  assert.ok(existsSync(join(server.dir, 'kept/in')))
  assert.equal(await remove('kept'), '400 BAD_REQUEST')
  assert.equal(await remove('kept', { recursive: '1' }), '400 BAD_REQUEST')
  assert.equal(await remove('kept', { recursive: 'true' }), 204)
  assert.equal(await remove('kept', { recursive: 'true' }), '404 FILE_NOT_FOUND')
  await writeFile(join(server.dir, 'f'), '')
  await chmod(server.dir, 0o755)
  assert.equal(await asNobody(() => remove('f')), '403 FILE_ACCESS_DENIED')
  assert.equal((await server.call('DELETE', '/files/', { path: 'f' })).status, 204)
})

test('a move renames, and refuses what would overwrite or cannot be', async () => {
  await using server = await startTestServer()
  const move = (source: string, destination: string): Promise<unknown> =>
    status(server, 'POST', '/files/move', { source, destination })
  await writeFile(join(server.dir, 'a'), 'A')
  await writeFile(join(server.dir, 'b'), 'B')
  await mkdir(join(server.dir, 'd/e'), { recursive: true })
  await symlink('gone', join(server.dir, 'broken'))
  assert.equal(await move('a', 'd/a'), 200)
  assert.equal(await readFile(join(server.dir, 'd/a'), 'utf8'), 'A')
  assert.equal(await move('nope', 'x'), '404 FILE_NOT_FOUND')
  assert.equal(await move('b', 'nope/x'), '404 FILE_NOT_FOUND')
  assert.equal(await move('b', 'd/a'), '409 CONFLICT')
  assert.equal(await move('b', 'd'), '409 CONFLICT')
  assert.equal(await move('b', 'broken'), '409 CONFLICT')
  assert.equal(await move('b', 'b'), '409 CONFLICT')
  assert.equal(await move('d', 'd/e/f'), '400 INVALID_FILE_PATH')
  assert.equal(await move('broken', 'd/broken'), 200)
  assert.equal(await readlink(join(server.dir, 'd/broken')), 'gone')
  assert.equal(await move('d', 'moved'), 200)
  await chmod(server.dir, 0o755)
  assert.equal(await asNobody(() => move('b', 'c')), '403 FILE_ACCESS_DENIED')
})

test('a move over the border of a file system keeps links, modes, times and odd names', async (context) => {
  await using server = await startTestServer()
  const isElsewhere = existsSync('/dev/shm') && (await stat('/dev/shm')).dev !== (await stat(server.dir)).dev
  if (!isElsewhere) return context.skip('/dev/shm is not another file system here')
  const other = await mkdtemp('/dev/shm/move-')
  try {
    const source = join(server.dir, 'tree')
    await mkdir(join(source, 'sub'), { recursive: true })
    await writeFile(join(source, 'sub/run'), 'x'.repeat(600_000))
    await chmod(join(source, 'sub/run'), 0o4711)
    await chmod(join(source, 'sub'), 0o500)
    await symlink('../gone', join(source, 'link'))
    await writeFile(Buffer.concat([Buffer.from(`${source}/`), Buffer.from([0xff])]), '')
    const before = await stat(join(source, 'sub/run'))
    const move = (from: string, to: string): Promise<unknown> =>
      status(server, 'POST', '/files/move', { source: from, destination: to })
    assert.equal(await move('tree', join(other, 'tree')), 200)
    const after = await stat(join(other, 'tree/sub/run'))
    assert.deepEqual([after.mode, after.size, after.uid], [before.mode, before.size, before.uid])
    assert.ok(Math.abs(after.mtimeMs - before.mtimeMs) < 2)
    assert.equal((await stat(join(other, 'tree/sub'))).mode & 0o777, 0o500)
    assert.equal(await readlink(join(other, 'tree/link')), '../gone')
    assert.equal(existsSync(source), false)

    await mkdir(join(server.dir, 'names'))
    await writeFile(join(server.dir, 'names/a'), 'both')
    await link(join(server.dir, 'names/a'), join(server.dir, 'names/b'))
    await writeFile(join(server.dir, 'names/sparse'), '')
    await truncate(join(server.dir, 'names/sparse'), 500_000_000)
    await appendFile(join(server.dir, 'names/sparse'), 'end')
    assert.equal(await move('names', join(other, 'names')), 200)
    assert.equal((await stat(join(other, 'names/a'))).ino, (await stat(join(other, 'names/b'))).ino)
    const sparse = await stat(join(other, 'names/sparse'))
    assert.deepEqual([sparse.size, sparse.blocks * 512 < 10_000_000], [500_000_003, true])

    await mkdir(join(server.dir, 'piped'))
    await writeFile(join(server.dir, 'piped/a'), '')
    execFileSync('mkfifo', [join(server.dir, 'piped/pipe')])
    assert.equal(await move('piped', join(other, 'piped')), '400 INVALID_FILE_PATH')
    assert.equal(existsSync(join(other, 'piped')), false)
    assert.ok(existsSync(join(server.dir, 'piped/a')))
  } finally {
    await rm(other, { recursive: true })
  }
})

test('owner, group and mode are changed by number or name', async (context) => {
  await using server = await startTestServer()
  const change = (query: Record<string, string>): Promise<unknown> =>
    status(server, 'POST', '/files/permissions', { path: 'f', ...query })
  const file = join(server.dir, 'f')
  await writeFile(file, '')
  assert.equal(await change({ mode: '644' }), 200)
  assert.equal(await change({ mode: '6711' }), 200)
  assert.equal((await lstat(file)).mode & 0o7777, 0o6711)
  assert.equal(await change({ owner: '', group: '' }), 200)
  for (const query of [
    { owner: 'no such user' },
    { group: 'nobody:x' },
    { owner: '4294967295' },
    { owner: '-1' },
    { mode: 'u+x' },
  ]) {
    assert.equal(await change(query), '400 BAD_REQUEST', JSON.stringify(query))
  }
  assert.equal(await change({ path: 'nope', mode: '644' }), '404 FILE_NOT_FOUND')
  if (process.getuid?.() !== 0) return context.skip('only root may give files away')
  assert.equal(await change({ owner: '12345', group: 'daemon', mode: '4755' }), 200)
  const stats = await lstat(file)
  assert.deepEqual([stats.uid, stats.gid, stats.mode & 0o7777], [12_345, 1, 0o4755])
  assert.equal(await change({ owner: 'root', group: 'no such group' }), '400 BAD_REQUEST')
  assert.equal((await lstat(file)).uid, 12_345)
  assert.equal(await change({ owner: 'root' }), 200)
  assert.deepEqual([(await lstat(file)).uid, (await lstat(file)).gid], [0, 1])
  await chmod(server.dir, 0o755)
  assert.equal(await asNobody(() => change({ owner: '65534' })), '403 FILE_ACCESS_DENIED')
})

test('a full disk is said to be full, and replace keeps the old content', async (context) => {
  await using server = await startTestServer()
  const small = join(server.dir, 'small')
  await mkdir(small)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=777', 'tmpfs', small], { stdio: 'ignore' })
  } catch {
    return context.skip('mounting a small file system is not allowed here')
  }
  try {
    const text = 'x'.repeat(500_000)
    await writeFile(join(small, 'f'), text)
    const upload = await server.call('POST', '/files/upload-v2', { path: 'small/big' }, { body: 'x'.repeat(2_000_000) })
    assert.equal(upload.status, 507)
    assert.equal(((await upload.json()) as { code: string }).code, 'INSUFFICIENT_STORAGE')
    assert.deepEqual(await readdir(small), ['f'])
    const over = await server.call('POST', '/files/upload-v2', { path: 'small/f' }, { body: 'y'.repeat(700_000) })
    assert.equal(over.status, 507)
    assert.equal(await readFile(join(small, 'f'), 'utf8'), text)
    assert.deepEqual(await readdir(small), ['f'])
    const change = { files: ['small/f'], pattern: 'x', newValue: 'yy' }
    const replaced = await server.json('POST', '/files/replace', {}, change)
    assert.deepEqual(replaced.body, [{ file: 'small/f', success: false, error: 'the disk is full: "small/f"' }])
    assert.equal(await readFile(join(small, 'f'), 'utf8'), text)
    await writeFile(join(server.dir, 'big'), 'x'.repeat(2_000_000))
    const query = { source: 'big', destination: 'small/big' }
    assert.equal(await status(server, 'POST', '/files/move', query), '507 INSUFFICIENT_STORAGE')
    assert.equal(existsSync(join(small, 'big')), false)
    assert.ok(existsSync(join(server.dir, 'big')))
  } finally {
    execFileSync('umount', [small])
  }
})
