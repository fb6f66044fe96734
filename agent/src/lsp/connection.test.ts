import assert from 'node:assert/strict'
import { PassThrough, Writable } from 'node:stream'
import { test } from 'node:test'
import { limits } from '@sandyard/protocol/limits'
import { until } from '../agent.fixture.ts'
import { Connection } from './connection.ts'
import { MessageReader, toBytes } from './message-reader.ts'

/** A connection to a server that is the test itself. */
function open(input: Writable = new PassThrough()) {
  const output = new PassThrough()
  const told: unknown[] = []
  const heard: string[] = []
  let ends = 0
  const reader = new MessageReader()
  if (input instanceof PassThrough) input.on('data', (bytes: Buffer) => told.push(...reader.take(bytes)))
  const connection = new Connection({
    name: 'The server',
    input,
    output,
    answer: (method) => (method === 'known' ? { yes: true } : undefined),
    onNotification: (method) => heard.push(method),
    onEnd: () => ends++,
  })
  return { connection, output, told, heard, ends: () => ends, say: (message: object) => output.write(toBytes(message)) }
}

test('answers find their requests, in any order', async () => {
  const { connection, say, told } = open()
  const first = connection.request('a', { n: 1 }, 1000)
  const second = connection.request('b', undefined, 1000)
  say({ jsonrpc: '2.0', id: 2, result: 'second' })
  say({ jsonrpc: '2.0', id: 99, result: 'nobody asked' })
  say({ jsonrpc: '2.0', id: 1, result: null })
  assert.deepEqual([await first, await second], [null, 'second'])
  assert.deepEqual(told, [
    { jsonrpc: '2.0', id: 1, method: 'a', params: { n: 1 } },
    { jsonrpc: '2.0', id: 2, method: 'b' },
  ])
})

test('requests of the server are answered, unknown ones with MethodNotFound; what it tells is heard', async () => {
  const { say, told, heard } = open()
  say({ jsonrpc: '2.0', id: 'x1', method: 'known', params: {} })
  say({ jsonrpc: '2.0', id: 7, method: 'unknown' })
  say({ jsonrpc: '2.0', method: 'news' })
  assert.ok(await until(() => told.length === 2 && heard.length === 1))
  assert.deepEqual(told, [
    { jsonrpc: '2.0', id: 'x1', result: { yes: true } },
    { jsonrpc: '2.0', id: 7, error: { code: -32601, message: 'no method unknown' } },
  ])
  assert.deepEqual(heard, ['news'])
})

test('an error of the server is the answer of that request alone', async () => {
  const { connection, say } = open()
  const request = connection.request('a', {}, 1000)
  say({ jsonrpc: '2.0', id: 1, error: { code: -32603, message: 'no luck' } })
  await assert.rejects(request, { code: 'BAD_REQUEST', message: 'bad request: The server answered a with: no luck' })
  assert.equal(connection.ended, null)
})

test('a request that takes too long, or whose caller goes away, is cancelled', async () => {
  const { connection, told } = open()
  await assert.rejects(connection.request('slow', {}, 20), { code: 'REQUEST_TIMEOUT', message: /within 20 ms/ })
  const caller = new AbortController()
  const left = connection.request('left', {}, 1000, caller.signal)
  caller.abort()
  await assert.rejects(left, { message: /went away/ })
  const cancelled = told.filter((message) => (message as { method: string }).method === '$/cancelRequest')
  assert.deepEqual(
    cancelled.map((message) => (message as { params: unknown }).params),
    [{ id: 1 }, { id: 2 }],
  )
})

for (const [what, bytes] of [
  ['text', Buffer.from('Segmentation fault\n'.repeat(500))],
  ['a list', toBytes([1, 2])],
  ['a broken body', Buffer.from('Content-Length: 2\r\n\r\n{{')],
] as const) {
  test(`${what} instead of a message ends it, and all that waits`, async () => {
    const { connection, output, ends } = open()
    const waiting = [connection.request('a', {}, 1000), connection.request('b', {}, 1000)]
    output.write(bytes)
    for (const request of waiting) {
      await assert.rejects(request, { code: 'LSP_SERVER_NOT_INITIALIZED', message: /wrote what is no message/ })
    }
    await assert.rejects(connection.request('c', {}, 1000), { code: 'LSP_SERVER_NOT_INITIALIZED' })
    assert.equal(ends(), 1)
  })
}

test('no more requests at a time than the limit', async () => {
  const { connection } = open()
  const all = Array.from({ length: limits.languageServerRequests }, () => connection.request('a', {}, 5000))
  await assert.rejects(connection.request('a', {}, 5000), { code: 'TOO_MANY_REQUESTS' })
  connection.end('it is over')
  for (const one of await Promise.allSettled(all)) assert.equal(one.status, 'rejected')
})

test('a server that does not read is not told more than fits', () => {
  const { connection } = open(new Writable({ write() {} }))
  const text = 'x'.repeat(limits.languageServerFileBytes)
  assert.throws(() => {
    for (let i = 0; i < 10; i++) connection.notify('text', text)
  }, /does not read/)
  assert.match(connection.ended ?? '', /does not read/)
})
