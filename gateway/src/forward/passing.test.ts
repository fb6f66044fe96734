import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { collectWhatPasses } from './passing.ts'

const MiB = 1024 * 1024

test('what has passed does not lie about in memory', async () => {
  const before = process.memoryUsage().arrayBuffers
  let most = 0
  const source = Readable.from(chunks(256 * MiB), { objectMode: false })
  collectWhatPasses(source)
  source.on('data', () => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before)
  })
  await new Promise((resolve) => source.once('end', resolve))
  assert.ok(most < 24 * MiB, `${Math.round(most / MiB)} MiB at a time`)
})

async function* chunks(bytes: number): AsyncGenerator<Buffer> {
  for (let sent = 0; sent < bytes; sent += 64 * 1024) {
    yield Buffer.alloc(64 * 1024)
    // As from a socket: each comes in a turn of its own.
    await nextTurn()
  }
}
