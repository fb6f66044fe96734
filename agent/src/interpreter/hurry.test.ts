import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { unlessHurried } from './hurry.ts'

describe('a wait that can be hurried', () => {
  it('ends with what it waits for, or when it is told to hurry', async () => {
    const hurry = new AbortController()
    const never = new Promise<void>(() => {})
    await unlessHurried(Promise.resolve(), hurry.signal)
    const waiting = unlessHurried(never, hurry.signal)
    hurry.abort()
    await waiting
    await unlessHurried(never, hurry.signal)
  })

  it('leaves nothing behind', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const { signal } = new AbortController()
    const used = (): number => {
      collect()
      return process.memoryUsage().heapUsed
    }
    await unlessHurried(Promise.resolve(), signal)
    const before = used()
    for (let i = 0; i < 20_000; i++) await unlessHurried(Promise.resolve(), signal)
    assert.ok(used() - before < 2 ** 20, `${used() - before} bytes`)
  })
})
