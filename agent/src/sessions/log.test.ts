import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { onlyStream, takeApart } from './framing.ts'
import { commandLog, SessionLog } from './log.ts'
import { readLog } from './read-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'log-test-'))
after(() => rmSync(folder, { recursive: true, force: true }))

async function collect(chunks: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all).toString('latin1')
}

const text = (log: SessionLog, from = 0): Promise<string> => collect(log.read(from, null))

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

  it('keeps what many logs have in memory together within bounds', async () => {
    const logs = Array.from({ length: 200 }, (_, index) => commandLog(join(folder, `no-such-folder/${index}.log`)))
    for (const log of logs) log.append('stdout', Buffer.alloc(256 * 1024 - 3, 'x'))
    for (const log of logs) await log.end()
    const sizes = await Promise.all(logs.map(async (log) => (await text(log)).length))
    assert.ok(sizes.reduce((sum, size) => sum + size) < 17 * 1024 * 1024)
    for (const log of logs) await log.remove()
    const next = commandLog(join(folder, 'no-such-folder/next.log'))
    next.append('stdout', Buffer.from('room again'))
    await next.end()
    assert.equal(await text(next), '\x01\x01\x01room again')
    await next.remove()
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

  it('drops what is over its limit, and says so once', async () => {
    const log = new SessionLog({ path: join(folder, 'c.log'), limitBytes: 10, keeps: 'begin' })
    for (const piece of ['123', '456', '789', 'abc']) log.append('stdout', Buffer.from(piece))
    await log.end()
    log.append('stdout', Buffer.from('more'))
    await log.calm()
    assert.equal(await text(log), '\x01\x01\x011234567\x02\x02\x02\n[log truncated at 10 bytes]\n')
    await log.remove()
  })

  it('that keeps its end forgets the oldest, and its readers go on', async () => {
    const log = new SessionLog({ path: join(folder, 'd.log'), limitBytes: 4000, keeps: 'end' })
    const slow = log.read(0, new AbortController().signal)
    const followed = collect(log.read(0, new AbortController().signal))
    log.append('stdout', Buffer.from('line 0\n'))
    await log.calm()
    assert.match(((await slow.next()).value ?? '').toString(), /line 0/)
    for (let line = 1; line <= 3000; line++) {
      log.append(line % 100 === 0 ? 'stderr' : 'stdout', Buffer.from(`line ${line}\n`))
      if (line % 10 === 0) await log.calm()
    }
    await log.end()
    const kept = await text(log)
    assert.ok(kept.length > 2000 && kept.length < 6000, String(kept.length))
    assert.ok(['\x01\x01\x01', '\x02\x02\x02'].includes(kept.slice(0, 3)), 'it begins with a marker')
    assert.match(kept.slice(3), /^line \d+\n/, 'and a whole piece')
    assert.match(kept, /line 3000\n$/)
    assert.ok(readdirSync(folder).filter((name) => name.startsWith('d.log')).length <= 4)
    const end = 'line 2999\n\x02\x02\x02line 3000\n'
    for (const all of [await followed, await collect(slow)]) assert.equal(all.slice(-end.length), end)
    const resumed = await collect(readLog(log, 'raw', { offset: log.size - 4, follow: null }))
    assert.equal(resumed, '\x02\x02\x02000\n')
    await log.remove()
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('d.log')),
      [],
    )
  })

  it('that keeps its end tells of a gap where the disk took nothing', async () => {
    const place = join(folder, 'later')
    const log = new SessionLog({ path: join(place, 'e.log'), limitBytes: 4000, keeps: 'end' })
    log.append('stdout', Buffer.from('lost'))
    await log.calm()
    mkdirSync(place)
    log.append('stdout', Buffer.from('kept'))
    await log.end()
    const note = '\n[7 bytes are missing: they could not be written to the disk of the sandbox]\n'
    assert.equal(await text(log), `\n\x02\x02\x02${note}\x01\x01\x01kept`)
    await log.remove()
  })

  it('is removed under its readers without harm', async () => {
    const log = commandLog(join(folder, 'f.log'))
    const bytes = Buffer.alloc(3_000_000, 'x')
    log.append('stdout', bytes)
    await log.end()
    await log.close()
    const reader = log.read(0, new AbortController().signal)
    const first = await reader.next()
    await log.remove()
    assert.equal((first.value?.length ?? 0) + (await collect(reader)).length, bytes.length + 3)
  })

  it('finds any place of a large log, by bytes and by output', async () => {
    const log = commandLog(join(folder, 'g.log'))
    const written = { stdout: '', stderr: '' }
    let plain = ''
    for (let round = 0; round < 400; round++) {
      const stream = round % 3 === 0 ? 'stderr' : 'stdout'
      const piece = `${round}:`.padEnd(10_000, stream)
      written[stream] += piece
      plain += piece
      log.append(stream, Buffer.from(piece))
      if (round % 7 === 0) await log.calm()
    }
    await log.end()
    for (const offset of [1, 2, 3, 9_999, 10_003, 1_048_576, 2_500_000, log.size - 1]) {
      const before = log.read(0, null, offset)
      const head = await collect(onlyStream(takeApart(before), 'stdout'))
      const rest = await collect(readLog(log, 'raw', { offset, follow: null }))
      const tail = await collect(onlyStream(takeApart(one(rest)), 'stdout'))
      if (offset > 2) assert.equal(head + tail === written.stdout, true, String(offset))
      const combined = await collect(readLog(log, 'combined', { offset, follow: null }))
      assert.equal(combined === plain.slice(offset), true, String(offset))
    }
    await log.remove()
  })
})

async function* one(latin1: string): AsyncGenerator<Buffer> {
  yield Buffer.from(latin1, 'latin1')
}
