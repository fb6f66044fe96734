import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { ConnectOptions, Toolbox } from '../toolbox.ts'
import { createSplitter, followLog, type LogChunk } from './log-stream.ts'

const log = Buffer.from('\x01\x01\x01out é\n\x02\x02\x02err \x01\x01 no marker\n\x01\x01\x01\x01end')
const expected = { stdout: 'out é\n\x01end', stderr: 'err \x01\x01 no marker\n' }

test('streams are told apart wherever the pieces begin', () => {
  for (let size = 1; size <= log.length; size += 1) {
    const split = createSplitter()
    const chunks: LogChunk[] = []
    for (let at = 0; at < log.length; at += size) chunks.push(...split.push(log.subarray(at, at + size)))
    chunks.push(...split.push(null))
    assert.deepEqual(join(chunks), expected, `pieces of ${size}`)
  }
  assert.deepEqual(createSplitter().push(Buffer.from('before any marker')), [])
})

test('a log that breaks off goes on where it did, and ends in an error when it never does', async () => {
  const paths: string[] = []
  const closes = [
    { until: 10, code: 1006 },
    // In the middle of a marker.
    { until: 12, code: 1001 },
    { until: 14, code: 1001 },
    { until: log.length, code: 1000 },
  ]
  const toolbox = {
    async connect(path: string, { onMessage }: ConnectOptions) {
      paths.push(path)
      const offset = Number(/offset=(\d+)/.exec(path)?.[1] ?? 0)
      const { until, code } = closes.shift() ?? { until: offset, code: 1006 }
      // The marker of the stream at the offset comes first, and does not count.
      const stream = offset === 0 ? [] : [offset < 13 ? 1 : 2]
      const marker = Buffer.from(stream.flatMap((byte) => [byte, byte, byte]))
      onMessage(Buffer.concat([marker, log.subarray(offset, until)]))
      return { send() {}, close() {}, ended: Promise.resolve({ code, reason: '' }) }
    },
  } as unknown as Toolbox
  const chunks: LogChunk[] = []
  for await (const chunk of followLog(toolbox, '/logs')) chunks.push(chunk)
  assert.deepEqual(
    paths,
    [0, 10, 10, 14].map((offset) => `/logs?follow=true${offset === 0 ? '' : `&offset=${offset}`}`),
  )
  assert.deepEqual(join(chunks), expected)
  await assert.rejects(async () => {
    for await (const _ of followLog(toolbox, '/logs')) void _
  }, /broke off: closed with 1006/)
})

test('a reader who is slow is not sent more than it can keep: the rest comes when it is there', async () => {
  const long = Buffer.concat([Buffer.from([1, 1, 1]), Buffer.alloc(40 * 1024 * 1024, 'abcdefg')])
  let connections = 0
  const toolbox = {
    async connect(path: string, { onMessage }: ConnectOptions) {
      connections += 1
      const offset = Number(/offset=(\d+)/.exec(path)?.[1] ?? 0)
      if (offset > 0) onMessage(Buffer.from([1, 1, 1]))
      // It sends at once, whether somebody reads or not.
      for (let at = offset; at < long.length; at += 1024 * 1024) onMessage(long.subarray(at, at + 1024 * 1024))
      return { send() {}, close() {}, ended: Promise.resolve({ code: 1000, reason: '' }) }
    },
  } as unknown as Toolbox
  const hash = createHash('sha256')
  for await (const { text } of followLog(toolbox, '/logs')) {
    hash.update(text)
  }
  assert.equal(hash.digest('hex'), createHash('sha256').update(long.subarray(3)).digest('hex'))
  assert.ok(connections >= 3, `${connections} connections`)
})

function join(chunks: readonly LogChunk[]) {
  const text = (stream: string) =>
    chunks
      .filter((chunk) => chunk.stream === stream)
      .map((chunk) => chunk.text)
      .join('')
  return { stdout: text('stdout'), stderr: text('stderr') }
}
