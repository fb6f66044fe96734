import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { takeApart } from './framing.ts'

async function apart(text: string, step: number): Promise<Record<string, string>> {
  const bytes = Buffer.from(text, 'latin1')
  async function* cut() {
    for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step)
  }
  const streams: Record<string, string> = { stdout: '', stderr: '' }
  for await (const { stream, bytes } of takeApart(cut())) streams[stream] += bytes.toString('latin1')
  return streams
}

describe('framing', () => {
  const table: readonly [log: string, stdout: string, stderr: string][] = [
    ['', '', ''],
    ['\x01\x01\x01out\n', 'out\n', ''],
    ['\x01\x01\x01a\x02\x02\x02b\x01\x01\x01c', 'ac', 'b'],
    ['before\x02\x02\x02b', '', 'b'],
    ['\x01\x01\x01a\x01\x01', 'a\x01\x01', ''],
    ['\x01\x01\x01a\x01\x02\x01\x02', 'a\x01\x02\x01\x02', ''],
    ['\x01\x01\x01\x02\x02\x02', '', ''],
    ['\x02\x02\x02\x00\xff', '', '\x00\xff'],
  ]
  for (const [log, stdout, stderr] of table) {
    it(`takes ${JSON.stringify(log)} apart at any cut`, async () => {
      for (const step of [1, 2, 3, 4, 5, 100]) assert.deepEqual(await apart(log, step), { stdout, stderr })
    })
  }
})
