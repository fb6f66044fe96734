import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Sandbox } from '@daytonaio/sdk'
import { openOutside } from '../../fixtures/outside.ts'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { clients, connect } from './clients.ts'

const port = 8080
const folder = mkdtempSync(join(tmpdir(), 'sandyard-names-'))
chmodSync(folder, 0o755)
const outside = await openOutside()
const greeting = `require('node:http').createServer((_, answer) => answer.end('hello')).listen(${port}, () => console.log('listening'))`
await outside.start(process.execPath, ['-e', greeting])
writeFileSync(
  join(folder, 'zone'),
  JSON.stringify({ 'ok.test': { A: [outside.address] }, 'other.test': { A: [outside.address] } }),
)
const nameServer = join(import.meta.dirname, '../../fixtures/name-server.mjs')
await outside.start(process.execPath, [nameServer, outside.address, '53', join(folder, 'zone')])
const platform = await startTestPlatform(['--dns-servers', outside.address])
after(async () => {
  await platform.remove()
  await outside.close()
  rmSync(folder, { recursive: true })
})

async function get(sandbox: Sandbox, host: string): Promise<string> {
  const { result, exitCode } = await sandbox.process.executeCommand(`curl -s -m 5 http://${host}:${port}/`)
  return exitCode === 0 ? result : `curl ${exitCode}`
}
const noName = 'curl 6'

for (const client of clients) {
  describe(client.name, () => {
    const daytona = connect(client, platform)
    after(() => daytona[Symbol.asyncDispose]())

    test('a list of domains holds from the start, and is changed at once', async () => {
      const sandbox = await daytona.create({ domainAllowList: 'ok.test' })
      try {
        assert.equal(sandbox.domainAllowList, 'ok.test')
        assert.deepEqual([await get(sandbox, 'ok.test'), await get(sandbox, 'other.test')], ['hello', noName])
        await sandbox.updateNetworkSettings({ domainAllowList: '*.test' })
        assert.equal(sandbox.domainAllowList, '*.test')
        assert.equal(await get(sandbox, 'other.test'), 'hello')
        await sandbox.updateNetworkSettings({ domainAllowList: 'nothing.test' })
        assert.deepEqual([await get(sandbox, 'ok.test'), await get(sandbox, outside.address)], [noName, 'curl 7'])
        await sandbox.updateNetworkSettings({ domainAllowList: '' })
        assert.equal(sandbox.domainAllowList, undefined)
        assert.equal(await get(sandbox, 'other.test'), 'hello')
      } finally {
        await sandbox.delete()
      }
    })

    test('a linked sandbox is reached by name, and goes with the one that it is linked to', async () => {
      const web = await daytona.create({ name: `web-${client.version.replaceAll('.', '-')}` })
      try {
        const db = await daytona.create({ name: `db-${web.name}`, linkedSandbox: web.name, autoDeleteInterval: 0 })
        assert.equal(db.linkedSandboxId, web.id)
        for (const sandbox of [web, db]) {
          await sandbox.process.executeCommand('mkdir -p /tmp/site && echo hello > /tmp/site/index.html')
          await sandbox.process.executeCommand(
            `cd /tmp/site && (setsid python3 -m http.server ${port} >/dev/null 2>&1 &) ; curl -s --retry 20 --retry-connrefused --retry-delay 1 http://127.0.0.1:${port}/`,
          )
        }
        assert.deepEqual(
          [await get(web, db.name), await get(db, web.name), await get(db, web.id)],
          Array(3).fill('hello\n'),
        )
        await assert.rejects(daytona.create({ linkedSandbox: web.id }), /must be ephemeral/)
        await assert.rejects(daytona.create({ linkedSandbox: db.id, autoDeleteInterval: 0 }), /linked to another one/)
        await web.delete()
        for (let tries = 0; tries < 100 && (await isThere(db.id)); tries++) await sleep(50)
        assert.equal(await isThere(db.id), false)
      } finally {
        if (await isThere(web.id)) await web.delete()
      }
    })

    async function isThere(id: string): Promise<boolean> {
      return (await platform.call('GET', `/sandbox/${id}`)).status === 200
    }
  })
}
