import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { type Answer, asNobody, openPaths, startTestServer, type TestServer } from './test-server.ts'

const type = 'multipart/form-data; boundary=BB'

function path(index: string, text: string): string {
  return `--BB\r\nContent-Disposition: form-data; name="files[${index}].path"\r\n\r\n${text}\r\n`
}

function file(index: string, text: string, disposition = ''): string {
  const name = `form-data; name="files[${index}].file"; filename="x"${disposition}`
  return `--BB\r\nContent-Disposition: ${name}\r\nContent-Type: application/octet-stream\r\n\r\n${text}\r\n`
}

const end = '--BB--\r\n'

async function upload(server: TestServer, body: string | Buffer, contentType = type): Promise<Answer> {
  const headers = { 'content-type': contentType }
  const response = await server.call('POST', '/files/bulk-upload', {}, { headers, body: Buffer.from(body) })
  return { status: response.status, body: await response.json() }
}

test('files are written in either order of their paths, parents made, empty ones too', async () => {
  await using server = await startTestServer()
  const body =
    path('0', ' a/b/c.txt ') + file('0', 'hello') + path('1', 'e') + path('x', 'é ü') + file('x', 'z') + file('1', '')
  assert.deepEqual(await upload(server, body + end), {
    status: 200,
    body: {
      files: [
        { path: 'a/b/c.txt', bytes: 5 },
        { path: 'é ü', bytes: 1 },
        { path: 'e', bytes: 0 },
      ],
    },
  })
  assert.equal(await readFile(join(server.dir, 'a/b/c.txt'), 'utf8'), 'hello')
  assert.equal(await readFile(join(server.dir, 'é ü'), 'utf8'), 'z')
  assert.equal((await stat(join(server.dir, 'e'))).size, 0)
  assert.equal((await stat(join(server.dir, 'a/b'))).mode & 0o777, 0o755)
  assert.equal((await stat(join(server.dir, 'e'))).mode & 0o777, 0o644)
  assert.deepEqual(await upload(server, end), { status: 200, body: { files: null } })
})

test('bytes that look like boundaries stay bytes, however the body is cut', async () => {
  await using server = await startTestServer()
  const content = `\r\n--B\r\n--BBX\r\n\r\n--BBB--\r\n--B B\r\r\n\r\n-\r\n--B${'\r'.repeat(300)}\n--BBx`
  const body = Buffer.from(
    `preamble ${'\r\n'}${path('0', 'f')}${file('0', content)}${path('1', 'g')}${file('1', 'g')}${end}epilogue`,
  )
  for (const size of [1, 2, 3, 7, 50, body.length]) {
    const request = httpRequest({
      port: server.port,
      method: 'POST',
      path: '/files/bulk-upload',
      headers: { 'content-type': type },
    })
    request.setNoDelay(true)
    const answer = new Promise((resolve) => request.on('response', (response) => resolve(response.resume().statusCode)))
    for (let at = 0; at < body.length; at += size) {
      request.write(body.subarray(at, at + size))
      if (at % 10 === 0) await setTimeout(0)
    }
    request.end()
    assert.equal(await answer, 200)
    assert.equal(await readFile(join(server.dir, 'f'), 'utf8'), content, `in pieces of ${size}`)
    assert.equal(await readFile(join(server.dir, 'g'), 'utf8'), 'g')
  }
})

test('a file that exists keeps its mode, and links are written through', async () => {
  await using server = await startTestServer()
  await writeFile(join(server.dir, 'script'), 'a longer text than before', { mode: 0o750 })
  await symlink('script', join(server.dir, 'link'))
  await symlink('new', join(server.dir, 'dangling'))
  const before = await stat(join(server.dir, 'script'))
  const answer = await upload(
    server,
    path('0', 'link') + file('0', 'short') + path('1', 'dangling') + file('1', 'n') + end,
  )
  assert.equal(answer.status, 200)
  const after = await stat(join(server.dir, 'script'))
  assert.deepEqual([after.mode, after.uid, after.gid], [before.mode, before.uid, before.gid])
  assert.equal(await readFile(join(server.dir, 'script'), 'utf8'), 'short')
  assert.equal(await readFile(join(server.dir, 'new'), 'utf8'), 'n')
  assert.equal(await readlink(join(server.dir, 'link')), 'script')
})

test('one failed file does not stop the others, and the answer names all', async () => {
  await using server = await startTestServer()
  await mkdir(join(server.dir, 'folder'))
  await writeFile(join(server.dir, 'plain'), '')
  await writeFile(join(server.dir, 'locked'), 'old', { mode: 0o644 })
  execFileSync('mkfifo', [join(server.dir, 'pipe')])
  await chmod(join(server.dir, 'pipe'), 0o666)
  await chmod(server.dir, 0o777)
  const long = 'x'.repeat(200_000)
  const targets = [
    'folder',
    'plain/x',
    'locked',
    'pipe',
    '/dev/full',
    'n'.repeat(300),
    'p'.repeat(4097),
    '  ',
    'a\0b',
    'ok',
  ]
  const body = targets.map((target, index) => path(String(index), target) + file(String(index), long)).join('')
  const answer = await asNobody(() => upload(server, body + file('none', 'x') + path('late', 'y') + end))
  assert.equal(answer.status, 400)
  assert.deepEqual(answer.body.files, [{ path: 'ok', bytes: 200_000 }])
  assert.deepEqual(
    [answer.body.code, answer.body.source, answer.body.statusCode],
    ['BAD_REQUEST', 'DAYTONA_DAEMON', 400],
  )
  const expected = [
    'file[0]: is a folder: "folder"',
    'file[1]: not a folder: "plain/x"',
    'file[2]: permission denied: "locked"',
    'file[3]: not a regular file: "pipe"',
    'file[4]: not a regular file: "/dev/full"',
    /^file\[5\]: the name is too long/,
    'path[6]: longer than 4096 bytes',
    'path[7]: empty path',
    'file[8]: The path contains NUL: "a\\u0000b"',
    'file[none]: missing .path metadata',
  ]
  assert.equal(answer.body.errors.length, expected.length)
  for (const [index, text] of expected.entries()) {
    if (typeof text === 'string') assert.equal(answer.body.errors[index], text)
    else assert.match(answer.body.errors[index], text)
  }
  assert.equal(await readFile(join(server.dir, 'locked'), 'utf8'), 'old')
})

test('hostile bodies are answered with 400 and do not hang', async () => {
  await using server = await startTestServer()
  const reading = /^reading part: /
  const cases: [name: string, body: string, files: number, error: RegExp][] = [
    ['empty', '', 0, reading],
    ['no boundary', 'hello', 0, reading],
    ['only the start', '--BB', 0, reading],
    ['only the first line', '--BB\r\n', 0, reading],
    ['cut in headers', path('0', 'f').slice(0, 30), 0, reading],
    ['cut in a path', path('0', 'f').slice(0, -2), 0, reading],
    ['cut in a file', path('0', 'f') + file('0', 'x').slice(0, -2), 0, reading],
    ['cut in the boundary', `${path('0', 'f')}${file('0', 'x')}--B`, 0, reading],
    ['cut after the boundary', `${path('0', 'f')}${file('0', 'x')}--BB`, 0, reading],
    ['cut in the end', `${path('0', 'f')}${file('0', 'x')}--BB-`, 1, reading],
    ['half an end', `${path('0', 'f')}${file('0', 'x')}--BB-x\r\n\r\n`, 1, reading],
    ['no end of headers', `--BB\r\nA: b\r\n${path('0', 'f')}${end}`, 0, reading],
    ['endless headers', `--BB\r\n${'A: b\r\n'.repeat(100_000)}`, 0, reading],
    ['one endless header', `--BB\r\nA: ${'b'.repeat(1_000_000)}`, 0, reading],
    ['a huge path', path('0', 'f'.repeat(5_000_000)) + file('0', 'x') + end, 0, /^path\[0\]: longer/],
    ['too many parts', `--BB\r\n\r\n\r\n`.repeat(20_001) + end, 0, /more than 20000 parts/],
    ['a file before its path', file('0', 'x') + path('0', 'f') + end, 0, /missing .path/],
    ['a prototype name', file('__proto__', 'x') + end, 0, /missing .path/],
  ]
  for (const [name, body, files, error] of cases) {
    const answer = await upload(server, body)
    assert.equal(answer.status, 400, name)
    assert.match(answer.body.errors.at(-1), error, name)
    assert.equal(answer.body.files?.length ?? 0, files, name)
    assert.equal(typeof answer.body.message, 'string', name)
  }
  for (const contentType of [
    'text/plain',
    'multipart/form-data',
    'multipart/mixed; boundary=BB',
    'multipart/form-data; boundary=',
  ]) {
    assert.equal((await upload(server, path('0', 'f') + end, contentType)).status, 400, contentType)
  }
})

test('odd parts are skipped or read as they are meant', async () => {
  await using server = await startTestServer()
  const part = (headers: string, body: string): string => `--BB\r\n${headers}\r\n\r\n${body}\r\n`
  const odd = [
    part('Content-Disposition: form-data; name="other"; filename="f"', 'x'),
    part('Content-Disposition: form-data; name="files[0].mode"', '777'),
    part('Content-Disposition: attachment; name="files[0].path"', 'wrong'),
    part('X-Other: 1', 'x'),
    part('Content-Disposition: form-data; filename="a; name=files[0].path"; name="y"', 'wrong'),
    '--BB  \t\r\ncontent-disposition:FORM-DATA;NAME=files[0].path\r\n\r\nright\r\n',
    file('0', 'A', "; filename*=utf-8''..%2Fup").replace('filename="x"', 'filename="C:\\dir\\..\\x;\\"'),
  ]
  assert.deepEqual(await upload(server, odd.join('') + end, 'Multipart/Form-Data; charset=utf-8; Boundary="BB"'), {
    status: 200,
    body: { files: [{ path: 'right', bytes: 1 }] },
  })
  assert.deepEqual(await readdir(server.dir), ['right'])
})

test('thousands of small files arrive', async () => {
  await using server = await startTestServer()
  const indexes = Array.from({ length: 2_000 }, (_, index) => String(index))
  const body =
    indexes.map((index) => path(index, `d/${index}`)).join('') + indexes.map((index) => file(index, index)).join('')
  const answer = await upload(server, body + end)
  assert.equal(answer.body.files.length, 2_000)
  assert.equal(await readFile(join(server.dir, 'd/1999'), 'utf8'), '1999')
})

test('a caller who leaves in the middle changes nothing and leaves nothing', async () => {
  await using server = await startTestServer()
  await writeFile(join(server.dir, 'old'), 'old')
  const headers = { 'content-type': type }
  const isOpen = async (): Promise<boolean> =>
    (await openPaths()).some((one) => one.startsWith(join(server.dir, '.upload-')))
  for (const name of ['new', 'old']) {
    const request = httpRequest({ port: server.port, method: 'POST', path: '/files/bulk-upload', headers })
    request.on('error', () => undefined)
    request.write(path('0', name) + file('0', randomBytes(1_000_000).toString('hex')).slice(0, -2))
    for (let tries = 0; tries < 300 && !(await isOpen()); tries += 1) await setTimeout(10)
    assert.equal(await isOpen(), true)
    assert.equal(await readFile(join(server.dir, 'old'), 'utf8'), 'old')
    request.destroy()
    for (let tries = 0; tries < 300 && (await readdir(server.dir)).length > 1; tries += 1) await setTimeout(10)
    assert.equal(await isOpen(), false)
    assert.deepEqual(await readdir(server.dir), ['old'])
    assert.equal(await readFile(join(server.dir, 'old'), 'utf8'), 'old')
  }
})

test('a small file that does not arrive whole leaves the old one as it was', async () => {
  await using server = await startTestServer()
  const target = join(server.dir, 'f')
  await writeFile(target, 'old')
  const cut = (path('0', 'f') + file('0', 'x'.repeat(500_000))).slice(0, -2)
  const answer = await upload(server, cut)
  assert.deepEqual([answer.status, answer.body.files], [400, null])
  assert.equal(await readFile(target, 'utf8'), 'old')

  const headers = { 'content-type': 'application/octet-stream', 'content-length': 1000 }
  const request = httpRequest({ port: server.port, method: 'POST', path: '/files/upload-v2?path=f', headers })
  request.on('error', () => undefined)
  request.write('half')
  await setTimeout(50)
  request.destroy()
  await setTimeout(50)
  assert.equal(await readFile(target, 'utf8'), 'old')
})
