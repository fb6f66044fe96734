import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { limits } from '@sandyard/protocol/limits'
import { until } from '../agent.fixture.ts'
import { InputQueue } from './input-queue.ts'

describe('input queue', () => {
  it('types at once what a program takes', () => {
    const typed: string[] = []
    const queue = new InputQueue((bytes) => typed.push(bytes.toString()) && bytes.length, assert.fail)
    queue.push(Buffer.from('a'))
    queue.push(Buffer.alloc(0))
    queue.push(Buffer.from('bc'))
    assert.deepEqual(typed, ['a', 'bc'])
  })

  it('keeps order and every byte when a program takes them in parts', async () => {
    const typed: Buffer[] = []
    let turn = 0
    const queue = new InputQueue(
      (bytes) => {
        const taken = Math.min(bytes.length, [0, 3, 50, 0, 0, 1000][turn++ % 6] ?? 0)
        typed.push(Buffer.from(bytes.subarray(0, taken)))
        return taken
      },
      () => {},
    )
    const sent = Array.from({ length: 2500 }, (_, index) => Buffer.from(`${index},`))
    for (const piece of sent) queue.push(piece)
    const whole = Buffer.concat(sent).toString()
    await until(() => Buffer.concat(typed).length >= whole.length)
    assert.equal(Buffer.concat(typed).toString(), whole)
  })

  it('tells when it is full, and when no longer', async () => {
    let isReading = false
    let calm = 0
    const queue = new InputQueue(
      (bytes) => (isReading ? bytes.length : 0),
      () => calm++,
    )
    const piece = Buffer.alloc(limits.terminalInputBytes)
    for (let count = 0; count * piece.length <= limits.terminalInputQueueBytes; count++) {
      assert.equal(queue.isFull, false)
      queue.push(piece)
    }
    assert.deepEqual([queue.isFull, calm], [true, 0])
    isReading = true
    assert.ok(await until(() => !queue.isFull))
    assert.deepEqual([queue.isFull, calm], [false, 1])
    isReading = false
    queue.push(piece)
    queue.close()
    isReading = true
    await delay(100)
    assert.equal(calm, 1)
  })
})
