import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Daytona } from '@daytonaio/sdk'
import { Daytona as DaytonaOf0190 } from 'daytona-sdk-0190'
import { listen } from './testing/listen.ts'
import { adminKey, openTestServer } from './testing/test-server.ts'

for (const [version, Client] of [
  ['newest', Daytona],
  ['0.190.1', DaytonaOf0190 as unknown as typeof Daytona],
] as const) {
  test(`the published client, ${version}, leads a sandbox through its life`, async () => {
    await using server = await openTestServer()
    await using site = await listen(server)
    const daytona = new Client({ apiKey: adminKey, apiUrl: `${site.url}/api` })
    try {
      const sandbox = await daytona.create({ name: 'box', envVars: { A: '1' }, labels: { purpose: 'test' } })
      assert.deepEqual([sandbox.state, sandbox.name, sandbox.env?.A], ['started', 'box', '1'])
      assert.equal(sandbox.toolboxProxyUrl?.replace(/\/$/, ''), `${site.url}/toolbox`)
      assert.equal((await daytona.get('box')).id, sandbox.id)
      const listed: string[] = []
      for await (const item of daytona.list({ labels: { purpose: 'test' } })) listed.push(item.id)
      assert.deepEqual(listed, [sandbox.id])

      assert.deepEqual(await sandbox.setLabels({ purpose: 'other' }), { purpose: 'other' })
      await sandbox.setAutostopInterval(30)
      await sandbox.setAutoArchiveInterval(60)
      await sandbox.setAutoDeleteInterval(-1)
      await sandbox.refreshActivity()
      const { url, token } = await sandbox.getPreviewLink(3000)
      assert.match(url, /^http:\/\/3000-[0-9a-f-]{36}\.localhost:\d+$/)
      assert.equal(token.length, 32)
      const signed = await sandbox.getSignedPreviewUrl(3000, 60)
      await sandbox.expireSignedPreviewUrl(3000, signed.token)

      await sandbox.stop()
      assert.equal(sandbox.state, 'stopped')
      await sandbox.start()
      assert.equal(sandbox.state, 'started')
      await assert.rejects(daytona.create({ name: 'box' }), /Sandbox with name box already exists/)
      await assert.rejects(daytona.get('no-such'), /Sandbox with ID or name no-such not found/)
      await sandbox.delete()
      await assert.rejects(daytona.get('box'), /not found/)
    } finally {
      await daytona[Symbol.asyncDispose]()
    }
    assert.deepEqual(server.faults, [])
  })
}

test('a body that is too large is refused on a real connection, which then works on', async () => {
  await using server = await openTestServer()
  await using site = await listen(server)
  const headers = { authorization: `Bearer ${adminKey}` }
  const body = JSON.stringify({ name: 'x'.repeat(3_000_000) })
  const refused = await fetch(`${site.url}/api/sandbox`, { method: 'POST', headers, body })
  assert.equal(refused.status, 413)
  assert.equal((await fetch(`${site.url}/api/sandbox`, { headers })).status, 200)
})
