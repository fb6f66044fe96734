import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFile, chmod, mkdir, open, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { asNobody, openPaths, startTestServer, type TestServer } from './test-server.ts'

interface ReadPart {
  readonly head: string
  readonly body: Buffer
}

function download(server: TestServer, paths: unknown, init: RequestInit = {}): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return server.call('POST', '/files/bulk-download', {}, { headers, body: JSON.stringify({ paths }), ...init })
}

async function readAnswer(response: Response): Promise<ReadPart[]> {
  const boundary = /^multipart\/form-data; boundary=([\w-]+)$/.exec(response.headers.get('content-type') ?? '')?.[1]
  assert.ok(boundary)
  const text = Buffer.from(await response.arrayBuffer()).toString('latin1')
  const pieces = text.split(`--${boundary}`)
  assert.equal(pieces[0], '')
  assert.equal(pieces.at(-1), '--\r\n')
  return pieces.slice(1, -1).map((piece) => {
    const end = piece.indexOf('\r\n\r\n')
    assert.ok(piece.startsWith('\r\n') && piece.endsWith('\r\n'))
    return { head: piece.slice(2, end), body: Buffer.from(piece.slice(end + 4, -2), 'latin1') }
  })
}

test('every path gets its part, in order, with files and errors mixed', async () => {
  await using server = await startTestServer()
  await writeFile(join(server.dir, 'ä b.txt'), 'hello')
  await writeFile(join(server.dir, 'empty'), '')
  await writeFile(join(server.dir, 'secret'), '', { mode: 0o600 })
  await mkdir(join(server.dir, 'folder'))
  execFileSync('mkfifo', [join(server.dir, 'pipe')])
  await chmod(server.dir, 0o755)
  const paths = [
    './ä b.txt',
    'nope',
    'empty',
    'folder',
    '',
    'pipe',
    'secret',
    'a\0b',
    'empty',
    'x\r\n"y',
    'n'.repeat(5000),
  ]
  const parts = await asNobody(async () => {
    const response = await download(server, paths)
    assert.equal(response.status, 200)
    return readAnswer(response)
  })
  assert.equal(parts.length, paths.length)
  assert.equal(
    parts[0]?.head,
    'Content-Type: text/plain; charset=utf-8\r\n' +
      `Content-Disposition: form-data; name="file"; filename="./\xe4 b.txt"; filename*=utf-8''.%2F%C3%A4%20b.txt\r\n` +
      'Content-Length: 5',
  )
  assert.equal(parts[0]?.body.toString(), 'hello')
  assert.match(parts[2]?.head ?? '', /name="file"; filename="empty".*\r\nContent-Length: 0$/)
  const codes = parts.map(({ head, body }) => (head.includes('name="error"') ? JSON.parse(body.toString()).code : 'ok'))
  const invalid = 'INVALID_FILE_PATH'
  assert.deepEqual(codes, [
    ...['ok', 'FILE_NOT_FOUND', 'ok', invalid, invalid, invalid, 'FILE_ACCESS_DENIED', invalid, 'ok'],
    ...['FILE_NOT_FOUND', invalid],
  ])
  const error = JSON.parse(parts[1]?.body.toString() ?? '')
  assert.deepEqual([error.statusCode, error.path, error.method, error.source], [404, 'nope', 'POST', 'DAYTONA_DAEMON'])
  assert.match(parts[1]?.head ?? '', /^Content-Type: application\/json; charset=utf-8\r\n/)
  assert.match(parts[9]?.head ?? '', /filename="x\\"y"; filename\*=utf-8''x%0D%0A%22y\r\n/)
  for (const [index, { head }] of parts.entries()) {
    assert.equal(decodeURIComponent(/filename\*=utf-8''(\S*)/.exec(head)?.[1] ?? '?'), paths[index])
  }
})

test('the boundary is another one each time', async () => {
  await using server = await startTestServer()
  const types = [await download(server, ['x']), await download(server, ['x'])].map((r) => r.headers.get('content-type'))
  assert.notEqual(types[0], types[1])
})

test('a body that is not a list of paths is refused', async () => {
  await using server = await startTestServer()
  for (const paths of [[], 'x', [1], null, undefined]) assert.equal((await download(server, paths)).status, 400)
})

test('a file that grows while it is sent has exactly the bytes that were announced', async () => {
  await using server = await startTestServer()
  const file = join(server.dir, 'growing')
  await writeFile(file, '')
  await truncate(file, 30_000_000)
  const response = await download(server, ['growing'])
  await appendFile(file, 'more')
  const [part] = await readAnswer(response)
  assert.match(part?.head ?? '', /Content-Length: 30000000$/)
  assert.equal(part?.body.length, 30_000_000)
})

test('a file that shrinks cuts the answer before its closing boundary', async () => {
  await using server = await startTestServer()
  const file = join(server.dir, 'shrinking')
  await writeFile(file, '')
  await truncate(file, 200_000_000)
  const response = await download(server, ['shrinking'])
  const reader = response.body?.getReader()
  // Until the file is open, its new size is as good as any.
  for (let bytes = 0; bytes < 100_000; ) bytes += (await reader?.read())?.value?.length ?? 100_000
  await truncate(file, 10)
  await assert.rejects(async () => {
    while ((await reader?.read())?.done === false);
  })
})

test('a caller who leaves stops the reading and no file stays open', async () => {
  await using server = await startTestServer()
  const file = join(server.dir, 'big')
  await (await open(file, 'w')).close()
  await truncate(file, 1_000_000_000)
  const leave = new AbortController()
  const response = await download(server, ['big'], { signal: leave.signal })
  await response.body?.getReader().read()
  assert.ok((await openPaths()).includes(file))
  leave.abort()
  for (let tries = 0; tries < 100 && (await openPaths()).includes(file); tries += 1) await setTimeout(20)
  assert.equal((await openPaths()).includes(file), false)
})
