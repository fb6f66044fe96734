import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Framer } from './framer.ts'
import { holdMarkers, type StreamName, takeApart } from './framing.ts'

type Written = readonly (readonly [stream: StreamName, text: string])[]

async function* cut(bytes: Buffer, step: number) {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step)
}

function framed(written: Written): Buffer {
  const framer = new Framer()
  return Buffer.concat(written.flatMap(([stream, text]) => framer.frame(stream, Buffer.from(text, 'latin1'))))
}

/** What a client that takes the log apart gets of each stream. */
async function roundTrip(written: Written, step: number): Promise<Record<StreamName, string>> {
  const got = { stdout: '', stderr: '' }
  for await (const { stream, bytes } of takeApart(cut(framed(written), step))) got[stream] += bytes.toString('latin1')
  return got
}

function plain(written: Written): Record<StreamName, string> {
  const of = (wanted: StreamName): string => written.map(([stream, text]) => (stream === wanted ? text : '')).join('')
  return { stdout: of('stdout'), stderr: of('stderr') }
}

describe('framer', () => {
  it('marks each change of the stream once', () => {
    const log = framed([
      ['stdout', 'a'],
      ['stdout', 'b'],
      ['stderr', 'c'],
    ])
    assert.equal(log.toString('latin1'), '\x01\x01\x01ab\x02\x02\x02c')
  })

  const odd: readonly Written[] = [
    [['stdout', 'a\x02\x02\x02b']],
    [['stdout', 'a\x01\x01\x01b']],
    [['stderr', '\x02\x02\x02']],
    [['stdout', '\x01'.repeat(20)]],
    [['stdout', '\x02'.repeat(20)]],
    [
      ['stdout', 'a\x02'],
      ['stderr', '\x02b'],
    ],
    [
      ['stdout', 'a\x02\x02'],
      ['stdout', '\x02b'],
      ['stderr', '\x01\x01'],
      ['stdout', '\x01'],
    ],
  ]
  for (const written of odd) {
    it(`gives back ${JSON.stringify(written)}`, async () => {
      for (const step of [1, 2, 3, 7, 1000]) assert.deepEqual(await roundTrip(written, step), plain(written))
    })
  }

  it('gives back whatever is written, in whatever pieces', async () => {
    let seed = 7
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
      return Math.floor((seed / 2 ** 31) * below)
    }
    for (let round = 0; round < 3000; round++) {
      const written = Array.from(
        { length: 1 + random(6) },
        () =>
          [
            random(2) === 0 ? 'stdout' : 'stderr',
            Array.from({ length: 1 + random(7) }, () => '\x01\x02\x01\x02x'[random(5)]).join(''),
          ] as const,
      )
      assert.deepEqual(await roundTrip(written, 1 + random(9)), plain(written), JSON.stringify(written))
    }
  })

  it('keeps markers from the ends of chunks', async () => {
    const log = framed([
      ['stdout', 'one\x01\x01'],
      ['stderr', 'two'],
      ['stdout', '\x01'],
    ])
    for (const step of [1, 2, 3, 4, 5]) {
      const chunks: Buffer[] = []
      for await (const chunk of holdMarkers(cut(log, step))) chunks.push(chunk)
      assert.deepEqual(Buffer.concat(chunks), log)
      for (const chunk of chunks.slice(0, -1)) assert.ok((chunk.at(-1) ?? 0) > 2, JSON.stringify(chunks))
    }
  })
})
