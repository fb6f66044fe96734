import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as tick } from 'node:timers/promises'
import { createLocks } from '../records/locks.ts'
import { createTurns, inTurn } from './turns.ts'

const never = new AbortController().signal

describe('turns', () => {
  it('come to so many at a time, in order, and not to those who gave up', async () => {
    const turns = createTurns(2)
    const begun: number[] = []
    const waits: number[] = []
    const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>())
    const gone = new AbortController()
    const runs = gates.map(({ promise }, index) =>
      turns.run(
        index === 3 ? gone.signal : never,
        () => void waits.push(index),
        async () => {
          begun.push(index)
          await promise
          if (index === 0) throw new Error('fails')
        },
      ),
    )
    const outcomes = Promise.allSettled(runs)
    await tick()
    assert.deepEqual(
      [begun, waits],
      [
        [0, 1],
        [2, 3, 4],
      ],
    )
    gone.abort()
    gates[0]?.resolve()
    await tick()
    gates[1]?.resolve()
    await tick()
    assert.deepEqual(begun, [0, 1, 2, 4])
    for (const gate of gates) gate.resolve()
    assert.deepEqual(
      (await outcomes).map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    )
    await turns.run(never, assert.fail, async () => {})
  })

  it('for a key are left at once by who gives up, and the next one comes', async () => {
    const locks = createLocks()
    const gate = Promise.withResolvers<void>()
    const gone = new AbortController()
    const first = inTurn(locks, 'a', never, () => gate.promise)
    const second = inTurn(locks, 'a', gone.signal, async () => assert.fail('was given up'))
    const third = inTurn(locks, 'a', never, async () => 'third')
    gone.abort(new Error('gone'))
    await assert.rejects(second, /gone/)
    gate.resolve()
    await first
    assert.equal(await third, 'third')
    await assert.rejects(
      inTurn(locks, 'a', gone.signal, async () => {}),
      /gone/,
    )
    assert.equal(await inTurn(locks, 'a', never, async () => 'again'), 'again')
  })
})
