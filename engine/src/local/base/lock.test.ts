import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { it } from 'node:test'
import { takeLock, tryLock } from './lock.ts'

const path = join('/nowhere', String(process.pid))

it('a lock has one holder at a time', async () => {
  const first = await tryLock(path)
  assert.ok(first)
  assert.equal(await tryLock(path), null)
  await first[Symbol.asyncDispose]()
  const second = await tryLock(path)
  assert.ok(second)
  await second[Symbol.asyncDispose]()
})

it('a lock comes free when its holder is killed', { timeout: 20_000 }, async () => {
  const code = `import { tryLock } from './lock.ts'
    console.log(await tryLock(process.argv[1]) !== null)
    setInterval(() => {}, 1000)`
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', code, path], { cwd: import.meta.dirname })
  try {
    const [said] = await once(holder.stdout, 'data')
    assert.equal(String(said), 'true\n')
    let waited = 0
    const taking = takeLock(path, () => {
      waited += 1
    })
    holder.kill('SIGKILL')
    await using lock = await taking
    assert.ok(lock)
    assert.equal(waited, 1)
  } finally {
    holder.kill('SIGKILL')
  }
})
