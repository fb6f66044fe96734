import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPasswords } from './password.ts'

test('a hash costs 32 MiB three times over unless something else is said, and no two are alike', async () => {
  const passwords = createPasswords()
  const hash = await passwords.hash('correct horse')
  assert.match(hash, /^scrypt\$32768\$8\$3\$[\w-]{22}\$[\w-]{43}$/)
  assert.equal(await passwords.check('correct horse', hash), true)
  assert.equal(await passwords.check('correct horsf', hash), false)
  assert.notEqual(await passwords.hash('correct horse'), hash)
  assert.equal(passwords.isOutdated(hash), false)
})

test('a hash of another cost is checked with its own, and outdated', async () => {
  const [cheap, dear] = [createPasswords({ N: 2, r: 1, p: 1 }), createPasswords({ N: 4, r: 1, p: 1 })]
  const hash = await cheap.hash('correct horse')
  assert.match(hash, /^scrypt\$2\$1\$1\$/)
  assert.equal(await dear.check('correct horse', hash), true)
  assert.equal(await dear.check('wrong', hash), false)
  assert.deepEqual([cheap.isOutdated(hash), dear.isOutdated(hash)], [false, true])
})
