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

      await sandbox.resize({ cpu: 2, memory: 3 })
      assert.deepEqual([sandbox.state, sandbox.cpu, sandbox.memory], ['started', 2, 3])
      await assert.rejects(sandbox.resize({ disk: 4 }), /only while the sandbox is stopped/)
      await sandbox.updateNetworkSettings({ networkAllowList: '192.0.2.0/24' })
      assert.equal(sandbox.networkAllowList, '192.0.2.0/24')
      await sandbox.pause()
      assert.equal(sandbox.state, 'paused')
      await sandbox.start()
      assert.equal(sandbox.state, 'started')
      const fork = await sandbox._experimental_fork({ name: 'twig' })
      assert.deepEqual([fork.state, fork.name, fork.cpu], ['started', 'twig', 2])
      await sandbox._experimental_createSnapshot('saved:1')
      assert.equal((await daytona.snapshot.get('saved:1')).state, 'active')
      assert.deepEqual(
        (await daytona.snapshot.list()).items.map((snapshot) => snapshot.name),
        ['saved:1', 'default'],
      )
      const copy = await daytona.create({ snapshot: 'saved:1' })
      assert.deepEqual([copy.snapshot, copy.cpu], ['saved:1', 2])
      await daytona.snapshot.delete(await daytona.snapshot.get('saved:1'))
      await assert.rejects(daytona.snapshot.get('saved:1'), /not found/)
      await sandbox.stop()
      await sandbox.archive()
      assert.equal(sandbox.state, 'archived')
      await sandbox.start()
      assert.equal(sandbox.state, 'started')
      await assert.rejects(sandbox.recover(), /must be in error state/)
      if (version === 'newest') {
        await sandbox.setAutostopInterval(0)
        await sandbox.setAutoPauseInterval(5)
        await sandbox.setTtl(60)
        await sandbox.refreshData()
        assert.equal(sandbox.autoDestroyAt, '2030-01-01T01:00:00.000Z')
      }
      await fork.delete()
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
