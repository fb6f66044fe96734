import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { Sandbox } from '@daytonaio/sdk'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { clients, connect } from './clients.ts'

const platform = await startTestPlatform(['--volume-size', '1'])
after(() => platform.remove())

for (const client of clients) {
  const { name, sdk, isNewest } = client
  const title = isNewest ? 'new' : 'old'
  describe(name, () => {
    const daytona = connect(client, platform)
    after(() => daytona[Symbol.asyncDispose]())

    const run = async (sandbox: Sandbox, command: string): Promise<string> => {
      const { exitCode, result } = await sandbox.process.executeCommand(command)
      assert.equal(exitCode, 0, `${command}: ${result}`)
      return result.trim()
    }

    test('make, get, list and delete', async () => {
      await assert.rejects(daytona.volume.get(`${title} data`), sdk.DaytonaNotFoundError)
      const made = await daytona.volume.get(`${title} data`, true)
      assert.deepEqual([made.name, made.state, made.errorReason], [`${title} data`, 'ready', null])
      assert.equal((await daytona.volume.get(`${title} data`)).id, made.id)
      assert.equal((await daytona.volume.get(`${title} data`, true)).id, made.id)
      await assert.rejects(daytona.volume.create(`${title} data`), /already exists/)
      const other = await daytona.volume.create(`${title} other`)
      const names = async () =>
        (await daytona.volume.list()).map((volume) => volume.name).filter((each) => each.startsWith(title))
      assert.deepEqual((await names()).sort(), [`${title} data`, `${title} other`])
      await daytona.volume.delete(made)
      await assert.rejects(daytona.volume.get(`${title} data`), sdk.DaytonaNotFoundError)
      await daytona.volume.delete(other)
      assert.deepEqual(await names(), [])
    })

    test('two sandboxes share one, of which they see all or a folder; it outlives them', async () => {
      const volume = await daytona.volume.create(`${title} shared`)
      const volumes = [{ volumeId: volume.id, mountPath: '/home/daytona/shared' }]
      const one = await daytona.create({ volumes })
      const two = await daytona.create({
        volumes: [
          { volumeId: `${title} shared`, mountPath: '/mnt/tenant', subpath: 'tenants/one' },
          { volumeId: volume.id, mountPath: '/mnt/all' },
        ],
      })
      assert.deepEqual(one.volumes, volumes)
      assert.deepEqual(two.volumes?.[0], { volumeId: volume.id, mountPath: '/mnt/tenant', subpath: 'tenants/one' })
      await one.fs.uploadFile(Buffer.from('uploaded'), 'shared/file.txt')
      assert.equal((await two.fs.downloadFile('/mnt/all/file.txt')).toString(), 'uploaded')
      await run(two, 'echo tenant >/mnt/tenant/file; echo appended >>/mnt/all/file.txt')
      assert.equal(await run(one, 'cat shared/tenants/one/file; stat -c %U shared/tenants/one/file'), 'tenant\ndaytona')
      await one.stop()
      await one.start()
      assert.equal(await run(one, 'cat shared/file.txt'), 'uploadedappended')
      await assert.rejects(daytona.volume.delete(volume), sdk.DaytonaError)
      assert.equal((await daytona.volume.get(volume.name)).state, 'ready')
      if (isNewest) {
        const fork = await one._experimental_fork({ name: 'twig' })
        assert.equal(await run(fork, 'cat shared/file.txt'), 'uploadedappended')
        await fork.delete()
      }
      await one.delete()
      await two.delete()
      const three = await daytona.create({ volumes })
      assert.equal(await run(three, 'cat shared/tenants/one/file'), 'tenant')
      const used = await daytona.volume.get(volume.name)
      assert.ok(used.lastUsedAt !== undefined && used.lastUsedAt !== null)
      await three.delete()
      await daytona.volume.delete(volume)
      await assert.rejects(daytona.create({ volumes }), sdk.DaytonaNotFoundError)
    })

    test('wrong paths are refused before anything is made', async () => {
      const volume = await daytona.volume.create(`${title} paths`)
      const create = (mountPath: string, subpath?: string) =>
        daytona.create({ volumes: [{ volumeId: volume.id, mountPath, ...(subpath === undefined ? {} : { subpath }) }] })
      for (const path of ['/', 'relative', '/etc/x', '/proc', '/a/../b', '/opt/sandyard'])
        await assert.rejects(create(path), /Invalid mount path/, path)
      for (const path of ['/abs', '../up', 'a//b']) await assert.rejects(create('/data', path), /Invalid subpath/, path)
      await assert.rejects(create('/usr/bin/env'), /not a folder/)
      assert.deepEqual((await platform.call('GET', '/sandbox')).body, { items: [], nextCursor: null })
      await daytona.volume.delete(volume)
    })

    test('a sandbox keeps its volume when the platform is killed and comes back', async () => {
      const volume = await daytona.volume.create(`${title} kept`)
      const sandbox = await daytona.create({ volumes: [{ volumeId: volume.id, mountPath: '/data' }] })
      await run(sandbox, 'echo before >/data/file')
      await platform.end('SIGKILL')
      await platform.start()
      assert.equal(await run(sandbox, 'cat /data/file; echo after >/data/file'), 'before')
      await sandbox.stop()
      await sandbox.start()
      assert.equal(await run(sandbox, 'cat /data/file'), 'after')
      await sandbox.delete()
      await daytona.volume.delete(volume)
    })
  })
}
