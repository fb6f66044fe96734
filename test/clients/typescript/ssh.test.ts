import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { openDoor } from '../../fixtures/ssh.ts'
import { clients, connect } from './clients.ts'

const platform = await startTestPlatform()
after(() => platform.remove())
const folder = mkdtempSync(join(tmpdir(), 'sandyard-ssh-'))
after(() => rmSync(folder, { recursive: true, force: true }))

for (const client of clients) {
  describe(client.name, () => {
    const daytona = connect(client, platform)
    after(() => daytona[Symbol.asyncDispose]())

    test('tokens for SSH: made, used, validated, revoked', async () => {
      const sandbox = await daytona.create()
      const access = await sandbox.createSshAccess(10)
      assert.equal(access.sandboxId, sandbox.id)
      const minutes = (new Date(access.expiresAt).getTime() - Date.now()) / 60_000
      assert.ok(minutes > 9 && minutes <= 10, `${minutes}`)
      const door = openDoor({ ...access, expiresAt: String(access.expiresAt) }, folder)
      assert.equal((await door.ssh(['hostname'])).code, 0)
      assert.deepEqual(await sandbox.validateSshAccess(access.token), { valid: true, sandboxId: sandbox.id })
      const other = await sandbox.createSshAccess()
      assert.equal((await sandbox.validateSshAccess(access.token)).valid, true, 'several are valid')
      await sandbox.revokeSshAccess(access.token)
      assert.equal((await sandbox.validateSshAccess(access.token)).valid, false)
      assert.equal((await door.ssh(['true'])).code, 255)
      assert.equal((await sandbox.validateSshAccess(other.token)).valid, true)
      await sandbox.delete()
      assert.equal((await sandbox.validateSshAccess(other.token)).valid, false)
    })
  })
}
