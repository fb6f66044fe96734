import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FrameReader, frameHead, inward, jsonFrame, outward, smallFrame } from './attach.ts'
import { limits } from './limits.ts'

const stream = Buffer.concat([
  jsonFrame(inward.start, { kind: 'shell', env: { A: 'é' } }),
  frameHead(outward.output, 5),
  Buffer.from('hello'),
  smallFrame(inward.inputEnd),
  frameHead(outward.output, 0),
  frameHead(outward.errorOutput, 3),
  Buffer.from([0, 255, 10]),
  smallFrame(inward.signal, Buffer.from('INT')),
])

/** What was read, the pieces of one stream joined as long as nothing else comes between. */
function collect() {
  const seen: [number, string][] = []
  const reader = new FrameReader((kind, body) => {
    const last = seen.at(-1)
    const text = body.toString('latin1')
    const isStream = kind === outward.output || kind === outward.errorOutput
    if (isStream && last?.[0] === kind) last[1] += text
    else if (!isStream || body.length > 0) seen.push([kind, text])
  })
  return { seen, reader }
}

const whole = [
  [inward.start, Buffer.from('{"kind":"shell","env":{"A":"é"}}').toString('latin1')],
  [outward.output, 'hello'],
  [inward.inputEnd, ''],
  [outward.errorOutput, '\u0000\u00ff\n'],
  [inward.signal, 'INT'],
]

test('frames are the same wherever the stream is cut in three', () => {
  for (let first = 0; first <= stream.length; first++) {
    for (let second = first; second <= stream.length; second++) {
      const { seen, reader } = collect()
      reader.push(stream.subarray(0, first))
      reader.push(stream.subarray(first, second))
      reader.push(stream.subarray(second))
      assert.deepEqual(seen, whole, `cut at ${first} and ${second}`)
      assert.ok(reader.isBetween)
    }
  }
})

test('frames are the same byte by byte', () => {
  const { seen, reader } = collect()
  for (const byte of stream) reader.push(Buffer.from([byte]))
  assert.deepEqual(seen, whole)
})

test('bytes of streams are told before their frame is whole, others are not', () => {
  const { seen, reader } = collect()
  reader.push(Buffer.concat([frameHead(outward.output, 10), Buffer.from('half')]))
  assert.deepEqual(seen, [[outward.output, 'half']])
  assert.equal(reader.isBetween, false)
  reader.push(Buffer.from('way...'))
  reader.push(jsonFrame(outward.exit, { code: 0 }).subarray(0, 8))
  assert.deepEqual(seen, [[outward.output, 'halfway...']])
})

test('the body of a frame is kept when the bytes it came in are used again', () => {
  const { seen, reader } = collect()
  const frame = smallFrame(inward.signal, Buffer.from('TERM'))
  const first = Buffer.from(frame.subarray(0, 7))
  reader.push(first)
  first.fill(0)
  reader.push(frame.subarray(7))
  assert.deepEqual(seen, [[inward.signal, 'TERM']])
})

test('a frame larger than any may be is refused at its head', () => {
  for (const [kind, most] of [
    [outward.exit, limits.attachFrameBytes],
    [outward.output, limits.attachDataBytes],
    [0x77, limits.attachFrameBytes],
  ] as const) {
    const { reader } = collect()
    reader.push(frameHead(kind, most))
    assert.throws(() => collect().reader.push(frameHead(kind, most + 1)), RangeError)
  }
})
