import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmod, mkdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { goMode } from './file-info.ts'
import { asNobody, startTestServer } from './test-server.ts'

const names = (body: { name: string }[]): string[] => body.map((info) => info.name)

test('a listing has what the clients read, sorted by name', async () => {
  await using server = await startTestServer()
  await writeFile(join(server.dir, 'b.txt'), 'hello world')
  await chmod(join(server.dir, 'b.txt'), 0o4640)
  await utimes(join(server.dir, 'b.txt'), 0, Date.UTC(2025, 0, 2, 15, 4, 5, 500) / 1000)
  await mkdir(join(server.dir, 'a'), { mode: 0o755 })
  await writeFile(join(server.dir, 'Z'), '')
  const { status, body } = await server.json('GET', '/files')
  assert.equal(status, 200)
  assert.deepEqual(names(body), ['Z', 'a', 'b.txt'])
  assert.deepEqual(body[2], {
    name: 'b.txt',
    size: 11,
    mode: 'urw-r-----',
    modTime: '2025-01-02 15:04:05.5 +0000 UTC',
    modifiedAt: '2025-01-02T15:04:05.500Z',
    isDir: false,
    owner: String(process.getuid?.()),
    group: String(process.getgid?.()),
    permissions: '0640',
  })
  assert.equal(body[1].isDir, true)
  assert.equal(body[1].mode, 'drwxr-xr-x')
})

test('both /files and /files/ answer, for absolute and relative paths', async () => {
  await using server = await startTestServer()
  await mkdir(join(server.dir, 'sub'))
  await writeFile(join(server.dir, 'sub/x'), '')
  for (const path of ['/files', '/files/']) {
    for (const folder of ['sub', './sub/', join(server.dir, 'sub')]) {
      assert.deepEqual(names((await server.json('GET', path, { path: folder })).body), ['x'])
    }
  }
})

test('links show their target, broken ones are left out, depth does not follow them', async () => {
  await using server = await startTestServer()
  await mkdir(join(server.dir, 'd/e'), { recursive: true })
  await writeFile(join(server.dir, 'd/e/deep'), '')
  await writeFile(join(server.dir, 'd.txt'), '12345')
  await symlink('../..', join(server.dir, 'd/e/loop'))
  await symlink('d.txt', join(server.dir, 'link'))
  await symlink('gone', join(server.dir, 'broken'))
  await symlink('self', join(server.dir, 'self'))
  const flat = await server.json('GET', '/files')
  assert.deepEqual(names(flat.body), ['d', 'd.txt', 'link'])
  assert.equal(flat.body[2].size, 5)
  assert.equal(flat.body[0].path, undefined)
  const deep = await server.json('GET', '/files', { path: '.', depth: '9' })
  assert.deepEqual(
    deep.body.map((info: { path: string }) => info.path.slice(server.dir.length)),
    ['/d', '/d/e', '/d/e/deep', '/d/e/loop', '/d.txt', '/link'],
  )
  const two = await server.json('GET', '/files', { depth: '2' })
  assert.deepEqual(names(two.body), ['d', 'e', 'd.txt', 'link'])
})

test('links are told as such when that is asked for, broken ones too, and nothing else is told otherwise', async () => {
  await using server = await startTestServer()
  await mkdir(join(server.dir, 'd'))
  await writeFile(join(server.dir, 'f'), '12345')
  await symlink('f', join(server.dir, 'to-file'))
  await symlink('../.', join(server.dir, 'd/to-folder'))
  await symlink('gone', join(server.dir, 'broken'))
  await symlink('self', join(server.dir, 'self'))
  execFileSync('mkfifo', [join(server.dir, 'pipe')])
  const raw = Buffer.concat([Buffer.from(`${server.dir}/`), Buffer.from([0xff])])
  await symlink(Buffer.from([0xfe]), raw)
  const { body } = await server.json('GET', '/files', { links: 'true', depth: '3' })
  const told = new Map(body.map((info: { name: string }) => [info.name, info]))
  const plain = await server.json('GET', '/files', { depth: '3' })
  for (const info of plain.body) {
    const { linkTarget: _, isBroken: __, ...rest } = told.get(info.name) as Record<string, unknown>
    assert.deepEqual(JSON.stringify(rest), JSON.stringify(info))
  }
  const linkOf = (name: string): unknown[] => {
    const { linkTarget, isBroken, isDir, size, mode } = told.get(name) as Record<string, unknown>
    return [linkTarget, isBroken, isDir, size, String(mode)[0]]
  }
  assert.deepEqual(linkOf('f'), [undefined, undefined, false, 5, '-'])
  assert.deepEqual(linkOf('pipe'), [undefined, undefined, false, 0, 'p'])
  assert.deepEqual(linkOf('to-file'), ['f', false, false, 5, '-'])
  assert.deepEqual(linkOf('to-folder').slice(0, 3), ['../.', false, true])
  assert.deepEqual(linkOf('broken'), ['gone', true, false, 4, 'L'])
  assert.deepEqual(linkOf('self'), ['self', true, false, 4, 'L'])
  assert.deepEqual(linkOf('\ufffd').slice(0, 2), ['\ufffd', true])
  assert.equal(body.length, 8)
  for (const links of ['false', '', '1'])
    assert.deepEqual(names((await server.json('GET', '/files', { links })).body).sort(), ['d', 'f', 'pipe', 'to-file'])
})

test('odd names are listed, also those that are not UTF-8', async () => {
  await using server = await startTestServer()
  const odd = [' ', '\n', '"', "'", '-rf', 'ä', '日本', 'x'.repeat(255)]
  for (const name of odd) await writeFile(join(server.dir, name), name)
  await writeFile(Buffer.concat([Buffer.from(`${server.dir}/`), Buffer.from([0xff, 0xfe])]), 'raw')
  const { status, body } = await server.json('GET', '/files', { depth: '2' })
  assert.equal(status, 200)
  assert.deepEqual(names(body).sort(), [...odd, '\ufffd\ufffd'].sort())
  assert.equal(body.at(-1).size, 3)
})

test('a listing of what is no folder, is missing or may not be read says so', async () => {
  await using server = await startTestServer()
  await writeFile(join(server.dir, 'f'), '')
  await mkdir(join(server.dir, 'secret'), { mode: 0o700 })
  await chmod(server.dir, 0o755)
  const cases = [
    ['f', 400, 'INVALID_FILE_PATH'],
    ['nope', 404, 'FILE_NOT_FOUND'],
    ['f/x', 400, 'INVALID_FILE_PATH'],
    ['y'.repeat(256), 400, 'INVALID_FILE_PATH'],
    ['a\0b', 400, 'BAD_REQUEST'],
    ['', 400, 'BAD_REQUEST'],
    ['p/'.repeat(2049), 400, 'BAD_REQUEST'],
    ['/p'.repeat(2040), 404, 'FILE_NOT_FOUND'],
    ['~', 404, 'FILE_NOT_FOUND'],
  ] as const
  for (const [path, status, code] of cases) {
    const answer = await server.json('GET', '/files', { path })
    assert.deepEqual([answer.status, answer.body.code, answer.body.source], [status, code, 'DAYTONA_DAEMON'], path)
  }
  const denied = await asNobody(() => server.json('GET', '/files', { path: 'secret' }))
  assert.deepEqual([denied.status, denied.body.code], [403, 'FILE_ACCESS_DENIED'])
  for (const depth of ['0', '-1', '101', 'x', '1.5']) {
    assert.equal((await server.json('GET', '/files', { depth })).status, 400, depth)
  }
})

test('info describes one file, with its full path for clients that take it', async () => {
  await using server = await startTestServer()
  execFileSync('mkfifo', [join(server.dir, 'pipe')])
  await writeFile(join(server.dir, 'f'), 'abc')
  await utimes(join(server.dir, 'f'), 0, 99_999_999_999)
  const file = await server.json('GET', '/files/info', { path: './f' })
  assert.deepEqual([file.body.name, file.body.size, file.body.path], ['f', 3, join(server.dir, 'f')])
  assert.ok(Date.parse(file.body.modifiedAt) > 0)
  assert.equal((await server.json('GET', '/files/info', { path: 'pipe' })).body.mode[0], 'p')
  assert.equal((await server.json('GET', '/files/info', { path: '/' })).body.name, '/')
  assert.equal((await server.json('GET', '/files/info', { path: 'nope' })).body.code, 'FILE_NOT_FOUND')
  const headers = { 'x-daytona-source': 'sdk-go', 'x-daytona-sdk-version': 'v0.187.3' }
  const strict = await server.call('GET', '/files/info', { path: 'f' }, { headers })
  assert.equal('path' in ((await strict.json()) as object), false)
})

test('modes print as Go prints them', () => {
  const cases: [mode: number, text: string][] = [
    [0o100644, '-rw-r--r--'],
    [0o041777, 'dtrwxrwxrwx'],
    [0o106755, 'ugrwxr-xr-x'],
    [0o120777, 'Lrwxrwxrwx'],
    [0o020620, 'Dcrw--w----'],
    [0o060660, 'Drw-rw----'],
    [0o010600, 'prw-------'],
    [0o140755, 'Srwxr-xr-x'],
    [0o100000, '----------'],
  ]
  for (const [mode, text] of cases) assert.equal(goMode(mode), text)
})
