import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createNumbers } from './numbers.ts'

it('hands out each number once, until it is released', () => {
  const numbers = createNumbers(3)
  assert.deepEqual([numbers.claim(), numbers.claim(), numbers.claim(), numbers.claim()], [0, 1, 2, null])
  numbers.release(1)
  numbers.release(1)
  assert.deepEqual([numbers.claim(), numbers.claim()], [1, null])
})

it('never hands out a number that was found in use', () => {
  const numbers = createNumbers(3)
  numbers.keep(0)
  numbers.keep(0)
  numbers.keep(2)
  assert.deepEqual([numbers.claim(), numbers.claim()], [1, null])
})
