import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { Sandbox } from '@daytonaio/sdk'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { clients, connect } from './clients.ts'

const platform = await startTestPlatform()
after(() => platform.remove())

/** Time for a create that has to build first, s. */
const patience = { timeout: 120 }

for (const client of clients) {
  const { name, sdk, isNewest } = client
  const { Image } = sdk
  const title = isNewest ? 'new' : 'old'
  describe(name, () => {
    const daytona = connect(client, platform)
    after(() => daytona[Symbol.asyncDispose]())
    const folder = mkdtempSync(join(tmpdir(), 'sandyard-images-'))
    after(() => rmSync(folder, { recursive: true }))

    const run = async (sandbox: Sandbox, command: string): Promise<string> => {
      const { exitCode, result } = await sandbox.process.executeCommand(command)
      assert.equal(exitCode, 0, `${command}: ${result}`)
      return result.trim()
    }

    test('a sandbox of an image that is written down step by step, its log as it is built', async () => {
      const image = Image.base('sandyard/default')
        .env({ MADE_BY: title })
        .workdir('/srv/app')
        .runCommands(`echo the step of ${title} >step`, 'echo told while it is built; sleep 1')
      const told: string[] = []
      const onSnapshotCreateLogs = (chunk: string) => void told.push(chunk)
      const began = performance.now()
      const sandbox = await daytona.create(
        { image, labels: { title }, resources: { cpu: 1, memory: 1, disk: 4 } },
        { ...patience, onSnapshotCreateLogs },
      )
      const firstMs = Math.round(performance.now() - began)
      assert.match(told.join('\n'), /told while it is built/)
      assert.deepEqual([sandbox.state, sandbox.disk, sandbox.snapshot], ['started', 4, undefined])
      assert.equal(sandbox.buildInfo?.dockerfileContent, image.dockerfile)
      assert.equal(await run(sandbox, 'cat /srv/app/step; echo $MADE_BY'), `the step of ${title}\n${title}`)

      const again = performance.now()
      const second = await daytona.create({ image }, patience)
      const secondMs = Math.round(performance.now() - again)
      assert.equal(await run(second, 'cat /srv/app/step'), `the step of ${title}`)
      assert.ok(secondMs < firstMs, `the second took ${secondMs} ms, the first ${firstMs} ms`)
      await sandbox.delete()
      await second.delete()
    })

    test('local files and folders are in the image, with links and empty folders', async () => {
      mkdirSync(join(folder, 'tree/empty'), { recursive: true })
      writeFileSync(join(folder, 'tree/inner.txt'), 'inner')
      symlinkSync('inner.txt', join(folder, 'tree/link'))
      writeFileSync(join(folder, 'one.txt'), `of ${title}`)
      const image = Image.base('sandyard/default')
        .addLocalFile(join(folder, 'one.txt'), '/srv/one.txt')
        .addLocalDir(join(folder, 'tree'), '/srv/tree')
      const sandbox = await daytona.create({ image }, patience)
      assert.equal(await run(sandbox, 'cat /srv/one.txt'), `of ${title}`)
      assert.equal(await run(sandbox, 'cat /srv/tree/link; readlink /srv/tree/link'), 'innerinner.txt')
      assert.equal(await run(sandbox, 'ls -A /srv/tree'), 'empty\ninner.txt\nlink')
      await sandbox.delete()
    })

    test('an image by its name alone, and a Dockerfile', async () => {
      const sandbox = await daytona.create({ image: 'sandyard/default' }, patience)
      assert.equal(sandbox.buildInfo?.dockerfileContent, 'FROM sandyard/default\n')
      const { user } = await daytona.get(sandbox.id)
      assert.deepEqual([user, user], ['daytona', await run(sandbox, 'id -un')], 'the user of the image')
      await sandbox.delete()
      const file = join(folder, 'Dockerfile')
      writeFileSync(file, `FROM sandyard/default\nUSER root\nRUN echo ${title} >/etc/made-by\n`)
      const other = await daytona.create({ image: Image.fromDockerfile(file) }, patience)
      assert.equal(await run(other, 'id -un; cat /etc/made-by'), `root\n${title}`)
      await other.delete()
    })

    test('a build that fails says at which step and why, and shows its log', async () => {
      const image = Image.base('sandyard/default').runCommands(`echo before the fall of ${title}; sleep 1; exit 3`)
      const told: string[] = []
      const onSnapshotCreateLogs = (chunk: string) => void told.push(chunk)
      // The old client does not know that a failed build is an end, and waits on.
      const timeout = isNewest ? patience.timeout : 6
      const reason = isNewest ? /exit code 3/ : sdk.DaytonaTimeoutError
      await assert.rejects(daytona.create({ image }, { timeout, onSnapshotCreateLogs }), reason)
      assert.match(told.join('\n'), new RegExp(`before the fall of ${title}.*error: `, 's'))
      const { items } = (await platform.call('GET', '/sandbox?states=build_failed')).body as {
        items: { id: string; errorReason: string }[]
      }
      assert.equal(items.length, 1)
      const failed = await daytona.get(items[0]?.id ?? '')
      assert.match(failed.errorReason ?? '', /^Dockerfile line 2: .*exit code 3/)
      await failed.delete()
    })

    test('snapshots: make, get, list, use and delete', async () => {
      const image = Image.base('sandyard/default')
        .runCommands(`echo snapshot ${title} >/home/daytona/kind`)
        .entrypoint(['sleep', '7'])
      const told: string[] = []
      const snapshot = await daytona.snapshot.create(
        { name: `${title}/kind:1`, image, resources: { cpu: 2, memory: 2, disk: 5 } },
        { ...patience, onLogs: (chunk: string) => void told.push(chunk) },
      )
      assert.deepEqual([snapshot.state, snapshot.cpu, snapshot.mem, snapshot.disk], ['active', 2, 2, 5])
      assert.deepEqual(snapshot.entrypoint, ['sleep', '7'])
      assert.ok(told.length > 0)
      const got = await daytona.snapshot.get(`${title}/kind:1`)
      assert.deepEqual([got.id, got.buildInfo?.dockerfileContent], [snapshot.id, image.dockerfile])
      const { items, total } = await daytona.snapshot.list()
      assert.deepEqual(items.map((each) => each.name).sort(), [`${title}/kind:1`, 'default'].sort())
      assert.equal(total, 2)
      const sandbox = await daytona.create({ snapshot: `${title}/kind:1` })
      assert.deepEqual([sandbox.cpu, sandbox.memory, sandbox.disk], [2, 2, 5])
      assert.equal(await run(sandbox, 'cat /home/daytona/kind'), `snapshot ${title}`)
      await assert.rejects(
        daytona.snapshot.create({ name: `${title}/kind:1`, image: 'sandyard/default' }),
        /already exists/,
      )
      await platform.call('POST', `/snapshots/${snapshot.id}/deactivate`)
      await assert.rejects(daytona.create({ snapshot: `${title}/kind:1` }), /inactive/)
      assert.equal((await daytona.snapshot.activate(got)).state, 'active')
      await daytona.snapshot.delete(got)
      await assert.rejects(daytona.snapshot.get(`${title}/kind:1`), sdk.DaytonaNotFoundError)
      assert.equal(await run(sandbox, 'cat /home/daytona/kind'), `snapshot ${title}`, 'it stands on what is left of it')
      await sandbox.delete()
    })

    test('a snapshot of an image, with a program of its own; and what is refused', async () => {
      const snapshot = await daytona.snapshot.create(
        { name: `${title}-pulled`, image: 'sandyard/default', entrypoint: ['sleep', '5'] },
        patience,
      )
      assert.deepEqual([snapshot.state, snapshot.imageName], ['active', 'sandyard/default'])
      assert.deepEqual(snapshot.entrypoint, ['sleep', '5'])
      await daytona.snapshot.delete(snapshot)
      await assert.rejects(daytona.snapshot.create({ name: 'x', image: 'debian:latest' }), /`latest` is not allowed/)
      await assert.rejects(daytona.snapshot.create({ name: 'x', image: 'debian' }), /needs a tag or a digest/)
      const failing = Image.base('sandyard/default').runCommands(`echo ${title}; exit 4`)
      await assert.rejects(daytona.snapshot.create({ name: `${title}-failing`, image: failing }, patience), /4/)
      const failed = await daytona.snapshot.get(`${title}-failing`)
      assert.equal(failed.state, 'build_failed')
      await daytona.snapshot.delete(failed)
      assert.equal((await daytona.snapshot.list()).total, 1)
    })
  })
}
