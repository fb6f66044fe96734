import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@sandyard/protocol'
import { createCallCount } from './call-count.ts'
import { createRoom } from './room.ts'

test('a caller takes no more than its share, all together no more than there is, and what is given back is free', () => {
  const room = createRoom()
  const first = room.open('one')
  assert.ok(first.take(limits.mcpHeldBytesOfCaller))
  assert.equal(room.open('one').take(1), false, 'of the caller')
  const others = ['two', 'three', 'four'].map((caller) => room.open(caller))
  for (const other of others) assert.ok(other.take(limits.mcpHeldBytesOfCaller))
  assert.equal(room.open('five').take(1), false, 'of all')
  first.close()
  first.close()
  assert.ok(room.open('five').take(limits.mcpHeldBytesOfCaller))
  assert.equal(room.open('six').take(1), false, 'given back once')
})

test('calls of a caller are counted until they end', () => {
  const calls = createCallCount()
  const leave = Array.from({ length: limits.mcpRequestsOfCaller }, () => calls.enter('one'))
  assert.throws(() => calls.enter('one'), /Too many tools/)
  calls.enter('two')()
  leave[0]?.()
  calls.enter('one')
  assert.throws(() => calls.enter('one'), /Too many tools/)
})
