import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTrash } from './trash.ts'

it('does one piece of work at a time, all of it, and tells what failed', async () => {
  const seen: string[] = []
  const trash = createTrash((name, fault) => seen.push(`${name}: ${(fault as Error).message}`))
  trash.add('slow', async () => {
    seen.push('+slow')
    await sleep(10)
    seen.push('-slow')
  })
  trash.add('broken', async () => {
    throw new Error('busy')
  })
  trash.add('thrown', () => {
    throw new Error('at once')
  })
  trash.add('last', async () => void seen.push('last'))
  assert.deepEqual(seen, [], 'nobody waits for it')
  await trash.empty()
  assert.deepEqual(seen, ['+slow', '-slow', 'broken: busy', 'thrown: at once', 'last'])
})

it('is empty only when also what was added meanwhile is done', async () => {
  const seen: string[] = []
  const trash = createTrash(() => {})
  trash.add('first', async () => {
    trash.add('second', async () => {
      await sleep(5)
      seen.push('second')
    })
  })
  await trash.empty()
  assert.deepEqual(seen, ['second'])
  await trash.empty()
})
