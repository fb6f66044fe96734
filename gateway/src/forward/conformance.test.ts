import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { createServer as createNetServer } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { type Ground, known, startGround } from '../testing/ground.ts'

const host = `3000-${known.id}.localhost:4000`
const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

interface Sent {
  readonly method: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  /** written one after the other, with a pause between them */
  readonly chunks?: readonly Buffer[]
  readonly pauseMs?: number
}

/** Sends a request and reads its answer as bytes. */
async function send({ port }: Ground, { method, path = '/', headers = {}, chunks = [], pauseMs = 0 }: Sent) {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const all = { host, 'x-daytona-preview-token': known.token, ...headers }
  const sent = httpRequest({ host: '127.0.0.1', port, method, path, headers: all, agent: false }, resolve)
  sent.once('error', reject)
  for (const chunk of chunks) {
    sent.write(chunk)
    if (pauseMs > 0) await pause(pauseMs)
  }
  sent.end()
  const answer = await promise
  return { status: answer.statusCode, headers: answer.headers, body: await buffer(answer) }
}

const bodies: readonly { name: string; chunks: readonly Buffer[]; pauseMs?: number }[] = [
  { name: 'none', chunks: [] },
  { name: 'one byte', chunks: [Buffer.from('x')] },
  { name: 'all bytes there are', chunks: [Buffer.from(Array.from({ length: 256 }, (_, index) => index))] },
  { name: 'what looks like a request', chunks: [Buffer.from('0\r\n\r\nGET /admin HTTP/1.1\r\nHost: x\r\n\r\n')] },
  { name: 'two megabytes', chunks: Array.from({ length: 32 }, (_, index) => Buffer.alloc(65_536, index)) },
  { name: 'a slow writer', chunks: Array.from({ length: 10 }, (_, index) => Buffer.from([index])), pauseMs: 15 },
]

for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'REPORT', 'QUERY']) {
  test(`${method}: bodies of each kind, with a length and chunked`, async (t) => {
    const ground = await startGround(t)
    await ground.serve(3000, async (request, response) => {
      const body = await buffer(request)
      const { 'content-length': length, 'transfer-encoding': coding } = request.headers
      response.end(JSON.stringify({ method: request.method, digest: digest(body), length, coding }))
    })
    for (const { name, chunks, pauseMs = 0 } of bodies) {
      const whole = Buffer.concat(chunks)
      const framings: Record<string, string>[] = [{ 'content-length': String(whole.length) }]
      if (chunks.length > 0) framings.push({ 'transfer-encoding': 'chunked' })
      for (const headers of framings) {
        const what = `${name}, ${Object.keys(headers)[0]}`
        const answer = await send(ground, { method, headers, chunks, pauseMs })
        const seen = JSON.parse(answer.body.toString())
        assert.deepEqual([answer.status, seen.method, seen.digest], [200, method, digest(whole)], what)
        assert.equal(seen.coding, headers['transfer-encoding'], what)
        // One of the two, never both.
        assert.ok((seen.length === undefined) === (seen.coding !== undefined) || whole.length === 0, what)
      }
    }
  })
}

const zipped = gzipSync('zipped text')

/** Answers as a program writes them on its connection, and what a client must get of them. */
const answers: readonly {
  name: string
  raw: string | Buffer
  status: number
  body: string | Buffer
  headers?: object
}[] = [
  { name: 'a length', raw: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', status: 200, body: 'hello' },
  {
    name: 'chunks',
    raw: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n',
    status: 200,
    body: 'hello',
  },
  { name: 'until the end', raw: 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello', status: 200, body: 'hello' },
  { name: 'HTTP/1.0', raw: 'HTTP/1.0 200 OK\r\n\r\nhello', status: 200, body: 'hello' },
  {
    name: 'an encoding',
    raw: Buffer.concat([
      Buffer.from(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${zipped.length}\r\n\r\n`),
      zipped,
    ]),
    status: 200,
    body: zipped,
    headers: { 'content-encoding': 'gzip' },
  },
  {
    name: 'a range',
    raw: 'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 1-3/5\r\nContent-Length: 3\r\n\r\nell',
    status: 206,
    body: 'ell',
    headers: { 'content-range': 'bytes 1-3/5' },
  },
  { name: 'no content', raw: 'HTTP/1.1 204 No Content\r\n\r\n', status: 204, body: '' },
  {
    name: 'not modified',
    raw: 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n',
    status: 304,
    body: '',
    headers: { etag: '"a"' },
  },
  { name: 'a status of its own', raw: 'HTTP/1.1 299 Fine\r\nContent-Length: 0\r\n\r\n', status: 299, body: '' },
  {
    name: 'header bytes beyond ASCII',
    raw: Buffer.from('HTTP/1.1 200 OK\r\nX-Name: caf\xe9\r\nContent-Length: 0\r\n\r\n', 'latin1'),
    status: 200,
    body: '',
    headers: { 'x-name': 'caf\xe9' },
  },
  { name: 'a failure of its own', raw: 'HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno', status: 500, body: 'no' },
  // What two readers might take differently is not passed on.
  {
    name: 'two lengths',
    raw: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
    status: 502,
    body: '',
  },
  {
    name: 'a length and chunks',
    raw: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    status: 502,
    body: '',
  },
  {
    name: 'another transfer coding',
    raw: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    status: 502,
    body: '',
  },
  { name: 'no HTTP', raw: 'SSH-2.0-OpenSSH_9.9\r\n', status: 502, body: '' },
]

test('answers of each form', async (t) => {
  const ground = await startGround(t)
  let raw: string | Buffer = ''
  const program = createNetServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(raw))
  })
  await ground.serve(3000, program)
  for (const answer of answers) {
    raw = answer.raw
    const got = await send(ground, { method: 'GET' })
    assert.equal(got.status, answer.status, answer.name)
    if (answer.status !== 502) assert.deepEqual(got.body, Buffer.from(answer.body), answer.name)
    for (const [name, value] of Object.entries(answer.headers ?? {}))
      assert.equal(got.headers[name], value, answer.name)
  }
})

test('a range and conditions are the program’s to judge', async (t) => {
  const ground = await startGround(t)
  await ground.serve(3000, (request, response) => void response.end(JSON.stringify(request.headers)))
  const headers = {
    range: 'bytes=0-4,9-',
    'if-range': '"a"',
    'if-none-match': 'W/"b"',
    'accept-encoding': 'br;q=0.5',
    te: 'trailers',
  }
  const seen = JSON.parse((await send(ground, { method: 'GET', headers })).body.toString())
  for (const [name, value] of Object.entries(headers)) assert.equal(seen[name], value, name)
})
