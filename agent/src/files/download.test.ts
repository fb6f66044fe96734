import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { asNobody, startTestServer, type TestServer } from './test-server.ts'

const get = (server: TestServer, path: string, headers: Record<string, string> = {}): Promise<Response> =>
  server.call('GET', '/files/download', { path }, { headers })

test('a download brings the bytes, small and large, through links', async () => {
  await using server = await startTestServer()
  for (const size of [0, 1, 65_535, 65_536, 65_537, 1_000_000]) {
    const bytes = randomBytes(size)
    await writeFile(join(server.dir, `f${size}`), bytes)
    await symlink(`f${size}`, join(server.dir, `l${size}`))
    const response = await get(server, `l${size}`)
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('content-length'), String(size))
    assert.equal(response.headers.get('content-type'), 'application/octet-stream')
    assert.ok(bytes.equals(Buffer.from(await response.arrayBuffer())), String(size))
  }
})

test('names travel in both forms of the disposition', async () => {
  await using server = await startTestServer()
  const name = 'a "b" \\ ä 日\n.txt'
  await writeFile(join(server.dir, name), '')
  assert.equal(
    (await get(server, name)).headers.get('content-disposition'),
    `attachment; filename="a \\"b\\" \\\\ _ _.txt"; filename*=utf-8''a%20%22b%22%20%5C%20%C3%A4%20%E6%97%A5%0A.txt`,
  )
})

test('ranges and dates are honoured', async () => {
  await using server = await startTestServer()
  const big = randomBytes(300_000)
  await writeFile(join(server.dir, 'big'), big)
  await writeFile(join(server.dir, 'small'), '0123456789')
  await utimes(join(server.dir, 'small'), 1000, 1000)
  const date = new Date(1_000_000).toUTCString()
  const cases: [headers: Record<string, string>, status: number, text: string, range: string | null][] = [
    [{ range: 'bytes=2-4' }, 206, '234', 'bytes 2-4/10'],
    [{ range: 'bytes=-2' }, 206, '89', 'bytes 8-9/10'],
    [{ range: 'bytes=20-' }, 416, '', 'bytes */10'],
    [{ range: 'bytes=-' }, 416, '', 'bytes */10'],
    [{ range: 'lines=0-1' }, 200, '0123456789', null],
    [{ range: 'bytes=0-8,0-8' }, 200, '0123456789', null],
    [{ 'if-none-match': '*' }, 304, '', null],
    [{ 'if-none-match': '"other"', 'if-modified-since': date }, 200, '0123456789', null],
    [{ 'if-match': '*' }, 200, '0123456789', null],
    [{ 'if-match': '"other"' }, 412, '', null],
    [{ 'if-unmodified-since': date }, 200, '0123456789', null],
    [{ 'if-unmodified-since': new Date(0).toUTCString() }, 412, '', null],
    [{ range: 'bytes=2-4', 'if-range': date }, 206, '234', 'bytes 2-4/10'],
    [{ range: 'bytes=2-4', 'if-range': '"tag"' }, 200, '0123456789', null],
    [{ 'if-modified-since': date }, 304, '', null],
    [{ 'if-modified-since': new Date(0).toUTCString() }, 200, '0123456789', null],
    [{ 'if-modified-since': 'never' }, 200, '0123456789', null],
  ]
  for (const [headers, status, text, range] of cases) {
    const response = await get(server, 'small', headers)
    const label = JSON.stringify(headers)
    assert.equal(response.status, status, label)
    assert.equal(await response.text(), text, label)
    assert.equal(response.headers.get('content-range'), range, label)
  }
  const tag = (await get(server, 'small')).headers.get('etag') ?? ''
  assert.match(tag, /^"[0-9a-z-]+"$/)
  assert.equal((await get(server, 'small', { 'if-none-match': `"a", W/${tag}` })).status, 304)
  assert.equal((await get(server, 'small', { 'if-match': tag })).status, 200)
  assert.equal((await get(server, 'small', { range: 'bytes=2-4', 'if-range': tag })).status, 206)
  await writeFile(join(server.dir, 'small'), '9876543210')
  assert.equal((await get(server, 'small', { range: 'bytes=2-4', 'if-range': tag })).status, 200)
  assert.equal((await get(server, 'small', { 'if-none-match': tag })).status, 200)
  const part = await get(server, 'big', { range: 'bytes=100000-299998' })
  assert.ok(big.subarray(100_000, 299_999).equals(Buffer.from(await part.arrayBuffer())))
})

test('several ranges come as parts of one answer', async () => {
  await using server = await startTestServer()
  const big = randomBytes(300_000)
  await writeFile(join(server.dir, 'big'), big)
  const response = await get(server, 'big', { range: 'bytes=5-7, 1000-99999, -3' })
  assert.equal(response.status, 206)
  const boundary = /^multipart\/byteranges; boundary=(\S+)$/.exec(response.headers.get('content-type') ?? '')?.[1]
  const body = Buffer.from(await response.arrayBuffer())
  assert.equal(response.headers.get('content-length'), String(body.length))
  const expected = [
    ['5-7', big.subarray(5, 8)],
    ['1000-99999', big.subarray(1000, 100_000)],
    ['299997-299999', big.subarray(299_997)],
  ] as const
  const parts = expected.map(([range, bytes]) => {
    const head = `--${boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes ${range}/300000\r\n\r\n`
    return Buffer.concat([Buffer.from(head), bytes, Buffer.from('\r\n')])
  })
  assert.ok(body.equals(Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)])))
})

test('files of the kernel, which lie about their size, arrive whole', async () => {
  await using server = await startTestServer()
  assert.match(await (await get(server, '/proc/self/status')).text(), /^Name:.*Threads:/s)
  const attribute = '/sys/class/net/lo/mtu'
  if (existsSync(attribute)) assert.match(await (await get(server, attribute)).text(), /^\d+\n$/)
})

test('folders, pipes, sockets, devices, missing and secret files are refused at once', async () => {
  await using server = await startTestServer()
  execFileSync('mkfifo', [join(server.dir, 'pipe')])
  const socket = createServer().listen(join(server.dir, 'socket'))
  await mkdir(join(server.dir, 'folder'))
  await writeFile(join(server.dir, 'secret'), 'x', { mode: 0o600 })
  await chmod(server.dir, 0o755)
  const cases = { pipe: 400, socket: 400, '/dev/zero': 400, folder: 400, nope: 404, secret: 403 }
  for (const [path, status] of Object.entries(cases)) {
    const response = await asNobody(() => get(server, path))
    assert.equal(response.status, status, path)
    const { code } = (await response.json()) as { code: string }
    assert.equal(code, { 400: 'INVALID_FILE_PATH', 404: 'FILE_NOT_FOUND', 403: 'FILE_ACCESS_DENIED' }[status], path)
  }
  socket.close()
})

test('a file that becomes shorter while it is sent ends in a broken connection, not in made-up bytes', async () => {
  await using server = await startTestServer()
  const file = join(server.dir, 'shrinking')
  await writeFile(file, '')
  await truncate(file, 200_000_000)
  const response = await get(server, 'shrinking')
  const reader = response.body?.getReader()
  await reader?.read()
  await truncate(file, 10)
  await assert.rejects(async () => {
    while ((await reader?.read())?.done === false);
  })
})
