import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { limits } from '@sandyard/protocol/limits'
import { Queue } from './queue.ts'

const never = new AbortController().signal

describe('queue', () => {
  it('lets one at a time through, in order, and forgets those who went away', async () => {
    const queue = new Queue()
    const order: string[] = []
    const gone = new AbortController()
    assert.equal(await queue.enter(never), true)
    const first = queue.enter(never).then(() => order.push('first'))
    const second = queue.enter(gone.signal)
    const third = queue.enter(never).then(() => order.push('third'))
    gone.abort()
    assert.equal(await second, false)
    assert.deepEqual(order, [])
    queue.leave()
    await first
    assert.deepEqual(order, ['first'])
    queue.leave()
    await third
    assert.deepEqual(order, ['first', 'third'])
    queue.leave()
    assert.equal(await queue.enter(never), true)
  })

  it('refuses who is too many, until somebody goes', async () => {
    const queue = new Queue()
    await queue.enter(never)
    const gone = new AbortController()
    const waiting = Array.from({ length: limits.interpreterQueue }, () => queue.enter(gone.signal))
    await assert.rejects(queue.enter(never), /wait in this context/)
    gone.abort()
    assert.deepEqual(new Set(await Promise.all(waiting)), new Set([false]))
    const next = queue.enter(never)
    queue.leave()
    assert.equal(await next, true)
  })
})
