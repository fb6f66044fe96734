import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openCipher } from './cipher.ts'

async function makeFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sandyard-cipher-'))
  context.after(() => rm(folder, { recursive: true }))
  return folder
}

test('what one start has sealed the next one opens, and nobody else reads the key', async (context) => {
  const folder = await makeFolder(context)
  const sealed = (await openCipher(folder)).seal('pässword', 'registry-1')
  assert.ok(!Buffer.from(sealed.slice(3), 'base64url').includes('pässword'))
  assert.equal((await openCipher(folder)).open(sealed, 'registry-1'), 'pässword')
  assert.equal((await stat(join(folder, 'secret-key'))).mode & 0o777, 0o600)
})

test('equal texts are sealed differently, and an empty one too', async (context) => {
  const cipher = await openCipher(await makeFolder(context))
  assert.notEqual(cipher.seal('a', 'x'), cipher.seal('a', 'x'))
  assert.equal(cipher.open(cipher.seal('', 'x'), 'x'), '')
})

test('what was changed, is of another owner, or of another key does not open', async (context) => {
  const folder = await makeFolder(context)
  const cipher = await openCipher(folder)
  const sealed = cipher.seal('secret', 'x')
  assert.throws(() => cipher.open(sealed, 'y'), /cannot be opened/)
  const bytes = Buffer.from(sealed.slice(3), 'base64url')
  for (const at of [0, 13, bytes.length - 1]) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.throws(() => cipher.open(`v1.${changed.toString('base64url')}`, 'x'), /cannot be opened/)
  }
  assert.throws(() => cipher.open('secret', 'x'), /not in a form/)
  assert.throws(() => cipher.open('v1.AAAA', 'x'), /not in a form/)
  await writeFile(join(folder, 'secret-key'), `${'0'.repeat(64)}\n`)
  const other = await openCipher(folder)
  assert.throws(() => other.open(sealed, 'x'), /was .*secret-key replaced\?/)
})

test('two starts at once have one key, and leave no other file', async (context) => {
  const folder = await makeFolder(context)
  const [one, two] = await Promise.all([openCipher(folder), openCipher(folder)])
  assert.equal(two.open(one.seal('both', 'x'), 'x'), 'both')
  assert.deepEqual(await readdir(folder), ['secret-key'])
})

test('a broken key file is said, not replaced', async (context) => {
  const folder = await makeFolder(context)
  await writeFile(join(folder, 'secret-key'), 'short')
  await assert.rejects(openCipher(folder), /does not hold a key of 32 bytes/)
})
