import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createActivity } from './activity.ts'

test('a sandbox is told in use at the start and regularly while a connection is open', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const touched: string[] = []
  const activity = createActivity((id) => touched.push(id), 1000)
  const endFirst = activity.begin('a')
  const endSecond = activity.begin('a')
  activity.begin('b')()
  assert.deepEqual(touched.splice(0), ['a', 'a', 'b'])
  t.mock.timers.tick(1000)
  assert.deepEqual(touched.splice(0), ['a'])
  endFirst()
  endFirst()
  t.mock.timers.tick(1000)
  assert.deepEqual(touched.splice(0), ['a'])
  endSecond()
  t.mock.timers.tick(1000)
  assert.deepEqual(touched.splice(0), [])
  activity.begin('a')
  touched.length = 0
  activity.close()
  t.mock.timers.tick(1000)
  assert.deepEqual(touched, [])
})
