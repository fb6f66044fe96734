import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import ssh2 from 'ssh2'
import { generateHostKey, openHostKey } from './host-keys.ts'

test('a host key is made once, for its owner alone, and stays', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'host-key-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'ssh_host_ed25519_key.new'), 'what a crash left')
  const first = await openHostKey(folder)
  assert.deepEqual(readdirSync(folder), ['ssh_host_ed25519_key'])
  assert.equal(statSync(join(folder, 'ssh_host_ed25519_key')).mode & 0o777, 0o600)
  assert.match(first.publicKey, /^ssh-ed25519 AAAA[A-Za-z0-9+/=]+$/)
  assert.match(first.fingerprint, /^SHA256:[A-Za-z0-9+/]{43}$/)
  assert.deepEqual(await openHostKey(folder), first)
  writeFileSync(join(folder, 'ssh_host_ed25519_key'), 'broken')
  await assert.rejects(openHostKey(folder), /is no SSH key/)
})

test('every key that is made can be read', () => {
  // without the check one in 250 cannot
  for (let round = 0; round < 2000; round += 1) {
    assert.ok(!(ssh2.utils.parseKey(generateHostKey()) instanceof Error), `round ${round}`)
  }
})
