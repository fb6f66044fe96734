import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLocks } from './locks.ts'

it('lets work on one key run one after the other, in the order it came', async () => {
  const locks = createLocks()
  const seen: string[] = []
  const work = (name: string, ms: number) => async () => {
    seen.push(`+${name}`)
    await sleep(ms)
    seen.push(`-${name}`)
    return name
  }
  const results = await Promise.all([
    locks.run('x', work('slow', 20)),
    locks.run('x', work('quick', 0)),
    locks.run('x', work('last', 0)),
  ])
  assert.deepEqual(results, ['slow', 'quick', 'last'])
  assert.deepEqual(seen, ['+slow', '-slow', '+quick', '-quick', '+last', '-last'])
})

it('lets work on other keys run meanwhile', async () => {
  const locks = createLocks()
  const held = Promise.withResolvers<void>()
  const first = locks.run('x', () => held.promise)
  assert.equal(await locks.run('y', async () => 'through'), 'through')
  held.resolve()
  await first
})

it('gives a failure to its own caller only, and goes on', async () => {
  const locks = createLocks()
  const failing = locks.run('x', async () => {
    throw new Error('no')
  })
  const throwing = locks.run('x', () => {
    throw new Error('at once')
  })
  const next = locks.run('x', async () => 'done')
  await assert.rejects(failing, /no/)
  await assert.rejects(throwing, /at once/)
  assert.equal(await next, 'done')
})

it('queues for several keys at once without a deadlock, until each turn is ended', async () => {
  const locks = createLocks()
  const seen: string[] = []
  const both = async (name: string, first: string, second: string): Promise<void> => {
    const turns = [locks.take(first), locks.take(second)]
    for (const { come } of turns) await come
    seen.push(name)
    await sleep(5)
    for (const { end } of turns) end()
  }
  const never = locks.take('y')
  never.end()
  const late = Promise.all([both('one', 'x', 'y'), both('two', 'y', 'x'), both('three', 'x', 'y')])
  await locks.run('x', async () => seen.push('last'))
  await late
  never.end()
  assert.deepEqual(seen, ['one', 'two', 'three', 'last'])
})
