import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPathLocks } from './path-locks.ts'

test('who shares a path waits, who does not goes on, and nobody waits for ever', async () => {
  const locks = createPathLocks()
  const log: string[] = []
  const run = (name: string, sandbox: string, paths: readonly string[], ms: number) =>
    locks.run(sandbox, paths, async () => {
      log.push(`${name} begins`)
      await sleep(ms)
      log.push(`${name} ends`)
    })
  await Promise.all([
    run('ab', 's', ['a', 'b', 'a'], 30),
    run('ba', 's', ['b', 'a'], 1),
    run('c', 's', ['c'], 1),
    run('other', 't', ['a'], 1),
  ])
  assert.ok(log.indexOf('ba begins') > log.indexOf('ab ends'), log.join())
  assert.ok(log.indexOf('c ends') < log.indexOf('ab ends'), log.join())
  assert.ok(log.indexOf('other ends') < log.indexOf('ab ends'), log.join())
})

test('work that fails lets the next one go on', async () => {
  const locks = createPathLocks()
  const failing = locks.run('s', ['a'], () => Promise.reject(new Error('no')))
  const next = locks.run('s', ['a'], async () => 'done')
  await assert.rejects(failing, /no/)
  assert.equal(await next, 'done')
})
