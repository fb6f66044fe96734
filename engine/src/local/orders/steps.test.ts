import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PlatformError } from '@sandyard/protocol'
import { runSteps, type Step } from './steps.ts'

describe('steps', () => {
  it('run in order and tell their times', async () => {
    const { steps, seen } = record({})
    const times = await runSteps(steps, unexpected)
    assert.deepEqual(seen, ['+a', '+b', '+c'])
    assert.deepEqual(
      times.map(({ name }) => name),
      ['a', 'b', 'c'],
    )
    assert.ok(times.every(({ ms }) => ms >= 0))
  })

  it('are undone in reverse when one fails, that one too and later ones not', async () => {
    const { steps, seen } = record({ run: { b: new Error('no room') } })
    await assert.rejects(runSteps(steps, unexpected), (error: Error) => {
      assert.equal(error.message, 'b: no room')
      assert.equal((error.cause as Error).message, 'no room')
      return true
    })
    assert.deepEqual(seen, ['+a', '+b', '-b', '-a'])
  })

  it('are all undone even when undoing fails', async () => {
    const faults: string[] = []
    const { steps, seen } = record({
      run: { c: new Error('no') },
      undo: { c: new Error('busy'), b: new Error('gone') },
    })
    await assert.rejects(
      runSteps(steps, (name, fault) => faults.push(`${name} ${fault}`)),
      /^Error: c: no$/,
    )
    assert.deepEqual(seen, ['+a', '+b', '+c', '-c', '-b', '-a'])
    assert.deepEqual(faults, ['c Error: busy', 'b Error: gone'])
  })

  it('are undone when one throws instead of rejecting', async () => {
    const faults: string[] = []
    const { steps, seen } = record({})
    const broken: Step = {
      name: 'broken',
      run: () => {
        throw new Error('at once')
      },
      undo: () => {
        throw new Error('too')
      },
    }
    await assert.rejects(
      runSteps([...steps, broken], (name) => faults.push(name)),
      /^Error: broken: at once$/,
    )
    assert.deepEqual(seen, ['+a', '+b', '+c', '-c', '-b', '-a'])
    assert.deepEqual(faults, ['broken'])
  })

  it('pass on a failure that callers know', async () => {
    const failure = new PlatformError('INSUFFICIENT_CAPACITY', 'full')
    await assert.rejects(runSteps(record({ run: { a: failure } }).steps, unexpected), failure)
  })
})

function record(faults: { run?: Record<string, Error>; undo?: Record<string, Error> }): {
  steps: Step[]
  seen: string[]
} {
  const seen: string[] = []
  const steps = ['a', 'b', 'c'].map((name) => ({
    name,
    run: async () => {
      seen.push(`+${name}`)
      if (faults.run?.[name] !== undefined) throw faults.run[name]
    },
    undo: async () => {
      seen.push(`-${name}`)
      if (faults.undo?.[name] !== undefined) throw faults.undo[name]
    },
  }))
  return { steps, seen }
}

function unexpected(name: string, fault: unknown): void {
  assert.fail(`${name}: ${fault}`)
}
