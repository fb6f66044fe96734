import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { drained } from './drain.ts'

describe('drained', () => {
  for (const [what, quietMs, limitMs] of [
    ['silence', 50, 60_000],
    ['all time', 60_000, 50],
  ] as const) {
    it(`reads what was written while this process did not run, when ${what} is over`, async () => {
      const child = spawn('sh', ['-c', 'read -r _; echo late; exec sleep 60'], { stdio: ['pipe', 'pipe', 'ignore'] })
      try {
        let text = ''
        child.stdout.on('data', (bytes: Buffer) => {
          text += bytes.toString()
        })
        await once(child, 'spawn')
        const done = drained([child.stdout], quietMs, limitMs)
        child.stdin.write('\n')
        stall(400)
        await done
        assert.equal(text, 'late\n')
      } finally {
        child.kill('SIGKILL')
      }
    })
  }

  it('ends with the last stream', async () => {
    const child = spawn('true', { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.resume()
    child.stderr.resume()
    const startedAt = Date.now()
    await drained([child.stdout, child.stderr], 60_000, 60_000)
    assert.ok(Date.now() - startedAt < 10_000)
  })
})

/** As on a machine that is too busy to run us. */
function stall(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
