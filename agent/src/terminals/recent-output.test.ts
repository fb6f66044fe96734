import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { limits } from '@sandyard/protocol/limits'
import { RecentOutput } from './recent-output.ts'

const most = limits.terminalReplayBytes

function keep(...pieces: (string | Buffer)[]): Buffer {
  return keepAll(pieces)
}

function keepAll(pieces: readonly (string | Buffer)[]): Buffer {
  const recent = new RecentOutput()
  for (const piece of pieces) recent.append(Buffer.from(piece as string))
  return recent.read()
}

describe('recent output', () => {
  it('is whole while it fits, whatever the size of its pieces', () => {
    assert.equal(keep().length, 0)
    assert.equal(keep('a', 'b\n', '', 'c').toString(), 'ab\nc')
    for (const size of [1, 7, 4095, 4096, 4097, 100_000, most]) {
      const text = Buffer.alloc(most, 'abcdefghijk')
      const pieces: Buffer[] = []
      for (let at = 0; at < text.length; at += size) pieces.push(text.subarray(at, at + size))
      assert.ok(keepAll(pieces).equals(text), `in pieces of ${size}`)
    }
  })

  it('keeps the last of what does not fit, from the beginning of a line', () => {
    const lines = Array.from({ length: 60_000 }, (_, index) => `line ${index}\r\n`)
    for (const pieces of [lines, [lines.join('')], [lines.slice(0, 30_000).join(''), lines.slice(30_000).join('')]]) {
      const kept = keepAll(pieces).toString()
      assert.match(kept, /^line \d+\r\n/)
      assert.ok(lines.join('').endsWith(kept))
      assert.ok(kept.length > most - 20 && kept.length < most)
    }
  })

  it('begins at an escape sequence or a character where there are no lines', () => {
    const screens = '\x1b[1;1Hscreen'.repeat(40_000)
    assert.match(keep(screens).toString('latin1', 1), /^\[1;1Hscreen/)
    const euros = keep(`x${'€'.repeat(most)}`).toString()
    assert.ok(!euros.includes('\ufffd') && euros.length === Math.floor(most / 3))
    assert.equal(keep(Buffer.alloc(most + 5, 0x80)).length, most)
  })
})
