import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { isPlatformError } from '@sandyard/protocol/errors'
import { readParts } from './multipart.ts'

const type = 'multipart/form-data; boundary=BB'

/** A request whose body arrives in these chunks. */
function requestOf(chunks: Iterable<Buffer>, contentType = type): IncomingMessage {
  const stream = Readable.from(chunks, { objectMode: false, highWaterMark: 64 * 1024 })
  return Object.assign(stream, { headers: { 'content-type': contentType } }) as unknown as IncomingMessage
}

/** Names and contents of all parts, and the message the body was refused with. */
async function read(
  chunks: Iterable<Buffer>,
  contentType?: string,
): Promise<{ parts: string[]; fault: string | null }> {
  const parts: string[] = []
  try {
    for await (const part of readParts(requestOf(chunks, contentType))) {
      const pieces: Buffer[] = []
      for await (const batch of part.body) pieces.push(...batch)
      parts.push(`${part.name}=${Buffer.concat(pieces).toString('latin1')}`)
    }
    return { parts, fault: null }
  } catch (thrown) {
    if (!isPlatformError(thrown)) throw thrown
    assert.equal(thrown.code, 'INVALID_REQUEST_BODY')
    return { parts, fault: thrown.message }
  }
}

const head = (name: string): string => `--BB\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`

test('a body means the same, wherever it is cut', async () => {
  const content = 'a\r\n--B\r\n--BBX\r\r\n-\r\n--BB'.replace(/BB$/, 'B\r')
  const body = Buffer.from(`preamble\r\n${head('one')}${content}\r\n${head('two')}\r\n--BB \t\r\n\r\n\r\n--BB--\r\nend`)
  const expected = { parts: [`one=${content}`, 'two=', '='], fault: null }
  assert.deepEqual(await read([body]), expected)
  for (let first = 0; first <= body.length; first += 1) {
    assert.deepEqual(await read([body.subarray(0, first), body.subarray(first)]), expected, `cut at ${first}`)
    const second = Math.min(body.length, first + 1)
    const three = [body.subarray(0, first), body.subarray(first, second), body.subarray(second)]
    assert.deepEqual(await read(three), expected, `one byte alone at ${first}`)
  }
  assert.deepEqual(await read(Array.from(body, (byte) => Buffer.from([byte]))), expected, 'byte by byte')
})

test('a body that is cut off is refused, wherever it ends', async () => {
  const body = Buffer.from(`${head('one')}content\r\n${head('two')}more\r\n--BB--`)
  for (let size = 0; size < body.length; size += 1) {
    const { fault } = await read([body.subarray(0, size)])
    assert.match(fault ?? 'nothing', /ends before its closing boundary/, `${size} bytes`)
  }
  assert.equal((await read([body])).fault, null)
})

test('odd bodies', async () => {
  const cases: [what: string, body: string, parts: string[], fault: RegExp | null][] = [
    ['lines end with LF alone', `${head('a').replaceAll('\r', '')}x\n--BB--\n`, [], /closing boundary/],
    ['no name', '--BB\r\nContent-Disposition: form-data\r\n\r\nx\r\n--BB--', ['=x'], null],
    ['no disposition', '--BB\r\nContent-Type: a/b\r\n\r\nx\r\n--BB--', ['=x'], null],
    ['quotes in a name', head('a\\"b\\\\').concat('x\r\n--BB--'), ['a"b\\=x'], null],
    ['a name that does not end', head('a').replace('"a"', '"a').concat('x\r\n--BB--'), ['=x'], null],
    ['a name of a prototype', head('__proto__').concat('x\r\n--BB--'), ['__proto__=x'], null],
    ['a file name that looks like a name', head('a"; filename="; name=b').concat('x\r\n--BB--'), ['a=x'], null],
    ['a folded header', head('a').replace('; name', ';\r\n name').concat('x\r\n--BB--'), ['=x'], null],
    ['text behind the boundary', head('a').replace('--BB', '--BB x').concat('x\r\n--BB--'), [], /malformed/],
    ['only an end', '--BB--', [], null],
    ['an end and more parts', `--BB--\r\n${head('a')}x\r\n--BB--`, [], null],
    ['a boundary in the headers', `--BB\r\nA: b\r\n--BB\r\n\r\nx\r\n--BB--`, [], /no end of its headers/],
    ['bytes of every value', `${head('a')}${bytes}\r\n--BB--`, [`a=${bytes}`], null],
  ]
  for (const [what, body, parts, fault] of cases) {
    const answer = await read([Buffer.from(body, 'latin1')])
    assert.deepEqual(answer.parts, parts, what)
    if (fault === null) assert.equal(answer.fault, null, what)
    else assert.match(answer.fault ?? 'nothing', fault, what)
  }
})

const bytes = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte))

test('floods are refused early and cost no memory', async () => {
  const flood = (start: string, piece: string, mebibytes: number): Iterable<Buffer> => ({
    *[Symbol.iterator]() {
      yield Buffer.from(start)
      const chunk = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)))
      for (let sent = 0; sent < mebibytes * 1024 * 1024; sent += chunk.length) yield chunk
    },
  })
  const before = process.memoryUsage.rss()
  const cases: [what: string, body: Iterable<Buffer>, fault: RegExp][] = [
    ['one header of a gibibyte', flood('--BB\r\nA: ', 'b', 1024), /longer than 16384/],
    ['headers without end', flood('--BB\r\n', 'A: b\r\n', 1024), /longer than 16384/],
    ['a name without end', flood('--BB\r\nContent-Disposition: form-data; name="', '\\"', 1024), /longer than 16384/],
    ['a preamble without end', flood('', 'x', 256), /closing boundary/],
    ['almost boundaries', flood(head('a'), '\r\n--B', 64), /closing boundary/],
    ['line ends', flood(head('a'), '\r\n', 64), /closing boundary/],
    ['longer boundaries', flood(head('a'), '\r\n--BBx', 16), /closing boundary/],
    ['empty parts', flood('--BB', '\r\n\r\n\r\n--BB', 16), /more than 20000 parts/],
  ]
  for (const [what, body, fault] of cases) {
    let count = 0
    const refused = (async () => {
      for await (const part of readParts(requestOf(body))) {
        count += 1
        for await (const batch of part.body) assert.ok(batch.length <= 512)
      }
    })()
    await assert.rejects(refused, fault, what)
    assert.ok(count <= 20_000, what)
  }
  assert.ok(process.memoryUsage.rss() - before < 200 * 1024 * 1024)
})

test('whatever comes is read or refused', async () => {
  let seed = 11
  const draw = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((seed / 2_147_483_648) * below)
  }
  const pieces = ['\r\n', '\n', '--BB', '--', 'BB', head('a'), '"', '\\', ';', ' ', 'name=', 'x', '\0', '\xff']
  for (let round = 0; round < 3000; round += 1) {
    const text = Array.from({ length: draw(20) }, () => pieces[draw(pieces.length)]).join('')
    const body = Buffer.from(text, 'latin1')
    const at = draw(body.length + 1)
    const whole = await read([body])
    assert.deepEqual(await read([body.subarray(0, at), body.subarray(at)]), whole, JSON.stringify(text))
  }
})

test('a boundary is taken from the header in each of its forms', async () => {
  const body = (boundary: string): Buffer[] => [
    Buffer.from(head('a').replace('BB', boundary)),
    Buffer.from(`x\r\n--${boundary}--`),
  ]
  const good: [contentType: string, boundary: string][] = [
    ['multipart/form-data; boundary="a b:c"', 'a b:c'],
    ['Multipart/Form-Data;BOUNDARY=x', 'x'],
    ['multipart/form-data; charset=utf-8; boundary=x; other=y', 'x'],
    ['multipart/form-data; boundary=.*', '.*'],
    [`multipart/form-data; boundary=${'x'.repeat(200)}`, 'x'.repeat(200)],
  ]
  for (const [contentType, boundary] of good) {
    assert.deepEqual((await read(body(boundary), contentType)).parts, ['a=x'], contentType)
  }
  for (const contentType of [
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary=""',
    `multipart/form-data; boundary="${'x'.repeat(201)}"`,
    'multipart/mixed; boundary=x',
    `multipart/form-data;${' boundary'.repeat(7000)}`,
  ]) {
    assert.match((await read(body('x'), contentType)).fault ?? 'nothing', /with a boundary/, contentType.slice(0, 60))
  }
})
