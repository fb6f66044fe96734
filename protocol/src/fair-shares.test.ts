import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFairShares } from './fair-shares.ts'

test('each has its share, and gives it back', () => {
  const shares = createFairShares({ own: 2, all: 10 })
  const first = shares.take('a', () => {})
  assert.ok(first !== null && shares.take('a', () => {}) !== null)
  assert.equal(
    shares.take('a', () => {}),
    null,
  )
  assert.ok(shares.take('b', () => {}) !== null)
  first()
  first()
  assert.ok(shares.take('a', () => {}) !== null)
  assert.equal(
    shares.take('a', () => {}),
    null,
    'what is given back twice counts once',
  )
})

test('when all is taken, whoever has most makes room, and nobody for one who has as much', () => {
  const shares = createFairShares({ own: 8, all: 10 })
  const ended: string[] = []
  const take = (address: string, what: string) => shares.take(address, () => void ended.push(`${address}${what}`))
  for (let index = 0; index < 6; index++) assert.ok(take('a', String(index)))
  for (let index = 0; index < 4; index++) assert.ok(take('b', String(index)))
  for (let index = 0; index < 3; index++) assert.ok(take('c', String(index)))
  assert.deepEqual(ended, ['a0', 'a1', 'a2'])
  assert.equal(take('a', '6'), null)
  assert.equal(take('c', '3'), null)
  assert.ok(take('d', '0'))
  assert.equal(ended.length, 4)
  shares.endAll()
  assert.equal(ended.length, 14)
})
