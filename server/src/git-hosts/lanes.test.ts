import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLanes } from './lanes.ts'

test('slow projects of one organization keep no others waiting, and one project is never worked on twice', async () => {
  const begun: string[] = []
  const ends: (() => void)[] = []
  const lanes = createLanes({ atOnce: 4, ofOrganization: 2 }, (projectId, ids) => {
    begun.push(`${projectId} ${ids.join(' ')}`)
    return new Promise((resolve) => void ends.push(resolve))
  })
  for (const id of ['a', 'b', 'c', 'd']) lanes.add(id, 'slow', ['1', '2'])
  assert.deepEqual(begun, ['a 1 2', 'b 1 2'])
  lanes.add('x', 'other', ['1'])
  lanes.add('x', 'other', ['2'])
  lanes.add('x', 'other', ['2', '3'])
  assert.deepEqual(begun.slice(2), ['x 1'])
  ends[2]?.()
  await new Promise(setImmediate)
  assert.deepEqual(begun.slice(3), ['x 2 3'])
  ends[0]?.()
  await new Promise(setImmediate)
  assert.deepEqual(begun.slice(4), ['c 1 2'])
  const closed = lanes.close()
  for (const end of ends) end()
  await closed
  assert.equal(begun.length, 5, 'd is not begun')
})
