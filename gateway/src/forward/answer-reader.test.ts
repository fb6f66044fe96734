import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AnswerReader } from './answer-reader.ts'

/** What a reader tells of these bytes, given in pieces of this size. */
function read(raw: string, size = raw.length, isToHead = false) {
  const told = {
    interim: [] as number[],
    status: 0,
    headers: [] as readonly string[],
    body: '',
    trailers: null as unknown,
  }
  const reader = new AnswerReader(isToHead, {
    onInterim: ({ statusCode }) => void told.interim.push(statusCode),
    onHead({ statusCode, rawHeaders }) {
      assert.equal(told.status, 0, 'one head')
      told.status = statusCode
      told.headers = rawHeaders
    },
    onBody: (bytes) => {
      assert.ok(bytes.length > 0)
      told.body += bytes.toString('latin1')
    },
    onEnd: (trailers) => {
      assert.equal(told.trailers, null, 'one end')
      told.trailers = trailers
    },
  })
  const bytes = Buffer.from(raw, 'latin1')
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size))
  return { ...told, reader }
}

const ok = 'HTTP/1.1 200 OK\r\n'

/** Answers, what is read of them, and whether the connection is kept. */
const whole: readonly [name: string, raw: string, body: string, isKept: boolean][] = [
  ['a length', `${ok}Content-Length: 5\r\n\r\nhello`, 'hello', true],
  ['no body', `${ok}content-length: 0\r\n\r\n`, '', true],
  ['no phrase', 'HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx', 'x', true],
  ['chunks', `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\n\r\n`, 'hello', true],
  [
    'chunks that look like their ends',
    `${ok}Transfer-Encoding: chunked\r\n\r\n7\r\n0\r\n\r\n0\r\r\n0\r\n\r\n`,
    '0\r\n\r\n0\r',
    true,
  ],
  ['large digits', `${ok}Transfer-Encoding: Chunked\r\n\r\n00A\r\n0123456789\r\n0\r\n\r\n`, '0123456789', true],
  ['trailers', `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Sum: 1\r\nX-B:\r\n\r\n`, 'x', true],
  [
    'interim ones before',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\n${ok}Content-Length: 1\r\n\r\nx`,
    'x',
    true,
  ],
  ['no content', 'HTTP/1.1 204 No Content\r\n\r\n', '', true],
  ['not modified, with the length of what is not sent', 'HTTP/1.1 304 Same\r\nContent-Length: 99\r\n\r\n', '', true],
  ['a close', `${ok}Connection: x, Close\r\nContent-Length: 1\r\n\r\nx`, 'x', false],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx', 'x', false],
  ['HTTP/1.0 that is kept', 'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx', 'x', true],
  ['more than the answer', `${ok}Content-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n`, 'x', false],
]

test('whole answers are read alike in one piece and byte by byte', () => {
  for (const [name, raw, body, isKept] of whole) {
    for (const size of [raw.length, 1, 2, 3, 7]) {
      const { reader, ...told } = read(raw, size)
      assert.deepEqual([reader.isDone, told.body, reader.isKept], [true, body, isKept], `${name}, by ${size}`)
    }
  }
  assert.deepEqual(read(whole[6]?.[1] ?? '').trailers, ['X-Sum', '1', 'X-B', ''])
  assert.deepEqual(read(whole[7]?.[1] ?? '').interim, [100, 103])
  assert.deepEqual(read(`${ok}A:  1 \r\nB: \t\r\nA: 2\r\nContent-Length: 0\r\n\r\n`).headers.slice(0, 6), [
    'A',
    '1',
    'B',
    '',
    'A',
    '2',
  ])
  const toHead = read(`${ok}Content-Length: 5\r\n\r\n`, 4, true)
  assert.deepEqual([toHead.reader.isDone, toHead.reader.isKept], [true, true])
})

test('what has no framing lasts until the end of the connection, and what is cut is not whole', () => {
  const open = read(`${ok}\r\nhello`, 3)
  assert.deepEqual([open.reader.isDone, open.body], [false, 'hello'])
  assert.deepEqual([open.reader.close(), open.reader.isKept], [true, false])
  for (const raw of [
    '',
    'HTTP/1.1 2',
    ok,
    `${ok}Content-Length: 2\r\n\r\nx`,
    `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n`,
  ]) {
    assert.equal(read(raw, 2).reader.close(), false, raw)
  }
})

test('what two readers could take differently is refused', () => {
  const table = [
    'nonsense',
    'HTTP/2 200 OK\r\n\r\n',
    'HTTP/1.1 20 OK\r\n\r\n',
    'HTTP/1.1  200 OK\r\n\r\n',
    'HTTP/1.1 200 O\nK\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n',
    `${ok}Content-Length: 1\r\nContent-Length: 1\r\n\r\nx`,
    `${ok}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${ok}Content-Length: -1\r\n\r\n`,
    `${ok}Content-Length: +1\r\n\r\nx`,
    `${ok}Content-Length: 0x1\r\n\r\nx`,
    `${ok}Content-Length: 1, 1\r\n\r\nx`,
    `${ok}Content-Length:\r\n\r\n`,
    `${ok}Content-Length : 1\r\n\r\nx`,
    `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${ok}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`,
    `${ok}A: 1\r\n folded\r\n\r\n`,
    `${ok}A: 1\nB: 2\r\n\r\n`,
    `${ok}A: 1\rB: 2\r\n\r\n`,
    `${ok}A: \0\r\n\r\n`,
    `${ok}: 1\r\n\r\n`,
    `${ok}A b: 1\r\n\r\n`,
    `${ok}A\r\n\r\n`,
    `${ok}Transfer-Encoding: chunked\r\n\r\n-1\r\n`,
    `${ok}Transfer-Encoding: chunked\r\n\r\n1 \r\nx\r\n0\r\n\r\n`,
    `${ok}Transfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n0\r\n\r\n`,
    `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n`,
    `${ok}Transfer-Encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n`,
    `${ok}Transfer-Encoding: chunked\r\n\r\nfffffffffffff\r\n`,
    `${ok}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(2000)}\r\n`,
    `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\nA b: 1\r\n\r\n`,
    `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\nA: ${'x'.repeat(20_000)}`,
    `${ok}A: ${'x'.repeat(20_000)}`,
  ]
  for (const raw of table)
    for (const size of [raw.length, 5]) assert.throws(() => read(raw, size), Error, raw.slice(0, 90))
})
