import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBrake } from './brake.ts'

const rule = { free: 2, longestMs: 4000 }

test('waits double from the first failure that is not free, up to the longest', () => {
  let nowMs = 0
  const brake = createBrake(() => nowMs)
  const waits: number[] = []
  for (let failure = 0; failure < 8; failure += 1) {
    const startMs = nowMs
    for (;;) {
      try {
        brake.begin('a', rule)
        break
      } catch {
        nowMs += 100
      }
    }
    waits.push(nowMs - startMs)
  }
  assert.deepEqual(waits, [0, 0, 0, 1000, 2000, 4000, 4000, 4000])
})

test('a success is no failure, and only some of them forgive those before', () => {
  const brake = createBrake(() => 0)
  brake.begin('a', rule)
  brake.begin('a', rule)
  brake.begin('a', rule)
  assert.throws(() => brake.begin('a', rule), /try again in 1 s/)
  brake.succeeded('a', false)
  brake.begin('a', rule)
  assert.throws(() => brake.begin('a', rule))
  brake.succeeded('a', true)
  brake.begin('a', rule)
  brake.begin('a', rule)
})

test('failures are forgotten after an hour, and the oldest names when there are too many', () => {
  let nowMs = 0
  const brake = createBrake(() => nowMs)
  const fail = (name: string) => {
    for (let count = 0; count < 3; count += 1) brake.begin(name, rule)
  }
  fail('a')
  nowMs += 3600_001
  brake.begin('a', rule)
  fail('b')
  for (let index = 0; index < 20_000; index += 1) brake.begin(`other ${index}`, rule)
  brake.begin('b', rule)
})
