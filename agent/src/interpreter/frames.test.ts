import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { encodeFrame, FrameReader } from './frames.ts'

describe('frames', () => {
  it('come back as they were sent, in whatever pieces they arrive', () => {
    const sent = [['1', 'print("ä😀")\n', ''], [], ['ready'], ['x'.repeat(70_000)]]
    const bytes = Buffer.concat(sent.map(encodeFrame))
    for (const size of [1, 3, 4, 1000, bytes.length]) {
      const reader = new FrameReader(100_000)
      const received: string[][] = []
      for (let at = 0; at < bytes.length; at += size) received.push(...reader.push(bytes.subarray(at, at + size)))
      assert.deepEqual(received, sent)
    }
  })

  it('cost little more than their bytes, also when they come byte by byte', () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const bytes = encodeFrame(['x'.repeat(300_000)])
    const reader = new FrameReader(2 ** 20)
    const used = (): number => {
      collect()
      const { heapUsed, external } = process.memoryUsage()
      return heapUsed + external
    }
    const before = used()
    for (let at = 0; at < bytes.length - 1; at++) assert.deepEqual(reader.push(Buffer.from([bytes[at] ?? 0])), [])
    assert.ok(used() - before < 8 * 2 ** 20, `${used() - before} bytes`)
    assert.equal(reader.push(bytes.subarray(-1)).length, 1)
  })

  it('are refused when they are too long, before they have arrived', () => {
    const reader = new FrameReader(100)
    assert.throws(() => reader.push(Buffer.from([0, 0, 1, 0])), /too long/)
    assert.throws(() => new FrameReader(2 ** 20).push(Buffer.from('garbage garbage')), /too long/)
  })

  it('are refused when their fields do not fit', () => {
    assert.throws(() => new FrameReader(100).push(Buffer.from([0, 0, 0, 5, 0, 0, 0, 9, 65])), /longer than its message/)
    assert.throws(() => new FrameReader(100).push(Buffer.from([0, 0, 0, 2, 0, 0])), /no length/)
  })

  it('survive any bytes with frames or an error', () => {
    let seed = 7
    const random = (most: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
      return seed % most
    }
    for (let round = 0; round < 2000; round++) {
      const bytes = encodeFrame(Array.from({ length: random(5) }, () => 'x'.repeat(random(20))))
      for (let hits = random(3); hits > 0; hits--) bytes[random(bytes.length)] = random(256)
      try {
        for (const fields of new FrameReader(1000).push(bytes)) assert.ok(fields.every((text) => text.length <= 1000))
      } catch (thrown) {
        assert.match(String(thrown), /too long|longer than|no length/)
      }
    }
  })
})
