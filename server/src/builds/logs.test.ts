import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isPlatformError, limits } from '@sandyard/protocol'
import type { Log } from '../log.ts'
import { type BuildLogs, createBuildLogs } from './logs.ts'

const log: Log = { info: () => {}, warn: assert.fail, error: assert.fail, child: () => log }

function open(context: TestContext): { logs: BuildLogs; folder: string; id: string } {
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-logs-'))
  context.after(() => rmSync(folder, { recursive: true }))
  return { logs: createBuildLogs({ folder, log }), folder: join(folder, 'build-logs'), id: randomUUID() }
}

const textOf = (stream: ReadableStream<Uint8Array>): Promise<string> => new Response(stream).text()

test('a follower reads what is written, as it is written, and ends with the build', async (context) => {
  const { logs, folder, id } = open(context)
  let isOver = false
  const reader = logs
    .read(id, 'org', async () => isOver)
    .pipeThrough(new TextDecoderStream())
    .getReader()
  const first = reader.read()
  const writer = logs.writer(id)
  writer.write('one\n')
  assert.deepEqual(await first, { done: false, value: 'one\n' })
  const second = reader.read()
  writer.write('zwöi\n')
  assert.deepEqual(await second, { done: false, value: 'zwöi\n' })
  const last = reader.read()
  writer.write('end\n')
  isOver = true
  writer.close()
  logs.wake(id)
  assert.deepEqual(await last, { done: false, value: 'end\n' })
  assert.equal((await reader.read()).done, true)
  assert.equal(await textOf(logs.read(id, 'org')), 'one\nzwöi\nend\n')
  assert.equal(statSync(join(folder, `${id}.log`)).mode & 0o777, 0o600)
})

test('a late follower of a build that has ended gets all of it', async (context) => {
  const { logs, id } = open(context)
  const writer = logs.writer(id)
  const text = 'x'.repeat(300_000)
  writer.write(text)
  writer.close()
  assert.equal(await textOf(logs.read(id, 'org', async () => true)), text)
})

test('nothing was told: the log is empty, not an error', async (context) => {
  const { logs, id } = open(context)
  assert.equal(await textOf(logs.read(id, 'org')), '')
  assert.equal(await textOf(logs.read(id, 'org', async () => true)), '')
})

test('a log that is too long says so, also when it is gone on with', async (context) => {
  const { logs, folder, id } = open(context)
  const first = logs.writer(id)
  first.write('a'.repeat(limits.buildLogBytes - 1))
  first.close()
  const second = logs.writer(id)
  second.write('bc\n')
  second.write('never seen\n')
  second.close()
  const third = logs.writer(id)
  third.write('nor this\n')
  third.close()
  const text = await textOf(logs.read(id, 'org'))
  assert.match(text.slice(limits.buildLogBytes - 1), /^b\n\[the log is longer than 8388608 bytes; .*\]\n$/)
  assert.ok(statSync(join(folder, `${id}.log`)).size < limits.buildLogBytes + 200)
})

test('a slow follower is handed a piece at a time; one that leaves frees its place', async (context) => {
  const { logs, id } = open(context)
  const writer = logs.writer(id)
  writer.write('x'.repeat(1_000_000))
  const slow = logs.read(id, 'org', async () => false).getReader()
  assert.equal((await slow.read()).value?.length, 64 * 1024)
  const readers = Array.from({ length: limits.buildLogReaders - 1 }, (_, at) =>
    logs.read(id, `org ${at}`, async () => false),
  )
  assert.throws(
    () => logs.read(id, 'org'),
    (error) => isPlatformError(error) && error.code === 'TOO_MANY_REQUESTS',
  )
  for (const reader of readers) await reader.cancel()
  await slow.cancel()
  const again = Array.from({ length: limits.buildLogReaders }, (_, at) => logs.read(id, `org ${at}`))
  for (const reader of again) await reader.cancel()
  writer.close()
})

test('followers who wait leave at once, and end when the server does', async (context) => {
  const { logs, id } = open(context)
  const leaver = logs.read(id, 'org', async () => false).getReader()
  const waiting = leaver.read()
  await new Promise((resolve) => setImmediate(resolve))
  await leaver.cancel()
  assert.equal((await waiting).done, true)
  const stayer = textOf(logs.read(id, 'org', async () => false))
  await new Promise((resolve) => setImmediate(resolve))
  logs.close()
  assert.equal(await stayer, '')
})

test('a log that is removed ends for its followers and leaves no file', async (context) => {
  const { logs, folder, id } = open(context)
  let isOver = false
  const writer = logs.writer(id)
  writer.write('one\n')
  const following = textOf(logs.read(id, 'org', async () => isOver))
  await new Promise((resolve) => setTimeout(resolve, 20))
  writer.close()
  isOver = true
  await logs.remove(id)
  assert.equal(await following, 'one\n')
  assert.deepEqual(readdirSync(folder), [])
  assert.throws(() => logs.writer('../escape'), /is not the id of a build/)
})

test('one organization that reads many logs leaves room for the others', async (context) => {
  const { logs, id } = open(context)
  const most = limits.buildLogReadersOfOrganization
  const greedy = Array.from({ length: most }, () => logs.read(id, 'greedy', async () => false))
  assert.throws(() => logs.read(id, 'greedy'), /being read by one organization/)
  const other = logs.read(id, 'other', async () => false)
  await Promise.all([...greedy, other].map((reader) => reader.cancel()))
  const again = Array.from({ length: most }, () => logs.read(id, 'greedy', async () => false))
  await Promise.all(again.map((reader) => reader.cancel()))
})
