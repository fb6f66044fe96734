import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { commandLog, type SessionLog } from './log.ts'

const folder = mkdtempSync(join(tmpdir(), 'log-test-'))
after(() => rmSync(folder, { recursive: true, force: true }))

async function text(log: SessionLog, from = 0): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of log.read(from, null)) chunks.push(chunk)
  return Buffer.concat(chunks).toString('latin1')
}

describe('session log', () => {
  it('marks each change of the stream once', async () => {
    const log = commandLog(join(folder, 'a.log'))
    log.append('stdout', Buffer.from('a'))
    log.append('stdout', Buffer.from('b'))
    log.append('stderr', Buffer.from('c'))
    await log.end()
    assert.equal(await text(log), '\x01\x01\x01ab\x02\x02\x02c')
    assert.equal(await text(log, 4), 'b\x02\x02\x02c')
    await log.remove()
  })

  it('goes on in memory, bounded, when the disk takes no more', async () => {
    const log = commandLog(join(folder, 'no-such-folder/a.log'))
    log.append('stdout', Buffer.from('kept'))
    await log.calm()
    assert.equal(await text(log), '\x01\x01\x01kept')
    for (let round = 0; round < 100; round++) log.append('stdout', Buffer.alloc(10_000, 'x'))
    await log.end()
    const all = await text(log)
    assert.ok(all.length < 300_000)
    const end = '\x02\x02\x02\n[log truncated: it could not be written to the disk of the sandbox]\n'
    assert.equal(all.slice(-end.length), end)
    await log.remove()
  })

  it('ends followers where the command ended', async () => {
    const log = commandLog(join(folder, 'b.log'))
    log.append('stdout', Buffer.from('a'))
    const seen: string[] = []
    const follower = (async () => {
      for await (const chunk of log.read(0, new AbortController().signal)) seen.push(chunk.toString('latin1'))
    })()
    await log.calm()
    log.append('stdout', Buffer.from('b'))
    await log.end()
    log.append('stdout', Buffer.from('late'))
    await follower
    assert.equal(seen.join(''), '\x01\x01\x01ab')
    await log.calm()
    assert.equal(await text(log), '\x01\x01\x01ablate')
    await log.remove()
  })
})
