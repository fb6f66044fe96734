import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { clients, connect } from './clients.ts'

const platform = await startTestPlatform()
after(() => platform.remove())

for (const client of clients) {
  const { name, sdk } = client
  describe(name, () => {
    const daytona = connect(client, platform)
    after(() => daytona[Symbol.asyncDispose]())

    const listIds = async (query: Parameters<typeof daytona.list>[0]): Promise<string[]> => {
      const ids: string[] = []
      for await (const sandbox of daytona.list(query)) ids.push(sandbox.id)
      return ids
    }

    test('create without a word', async () => {
      const sandbox = await daytona.create()
      assert.equal(sandbox.state, 'started')
      assert.equal(sandbox.name, sandbox.id)
      assert.equal(sandbox.snapshot, 'default')
      assert.equal(sandbox.user, 'daytona')
      assert.deepEqual([sandbox.cpu, sandbox.memory, sandbox.disk], [1, 1, 3])
      assert.deepEqual(sandbox.labels, { 'code-toolbox-language': 'python' })
      assert.equal(sandbox.public, false)
      assert.equal(await sandbox.getUserHomeDir(), '/home/daytona')
      assert.equal(await sandbox.getWorkDir(), '/home/daytona')
      await sandbox.delete()
    })

    test('create with everything, and find it by everything', async () => {
      const wanted = {
        name: `everything-${client.isNewest ? 'new' : 'old'}`,
        language: 'typescript',
        envVars: { GREETING: 'hello world', EMPTY: '' },
        labels: { purpose: 'all', run: name },
        public: true,
        autoStopInterval: 7,
        autoArchiveInterval: 70,
        autoDeleteInterval: 700,
        // The clients send it, their types say it only with an image.
        resources: { cpu: 1, memory: 2, disk: 4 },
      }
      const sandbox = await daytona.create(wanted)
      try {
        assert.equal(sandbox.name, wanted.name)
        assert.deepEqual([sandbox.cpu, sandbox.memory, sandbox.disk], [1, 2, 4])
        assert.equal(sandbox.public, true)
        assert.equal(sandbox.env?.GREETING, 'hello world')
        assert.deepEqual(
          [sandbox.autoStopInterval, sandbox.autoArchiveInterval, sandbox.autoDeleteInterval],
          [7, 70, 700],
        )
        const seen = await sandbox.process.executeCommand('env | grep -E "^(GREETING|EMPTY)=" | sort')
        assert.equal(seen.result, 'EMPTY=\nGREETING=hello world\n')
        const filled = await sandbox.process.executeCommand('fallocate -l 3500M fits && ! fallocate -l 700M too-much')
        assert.equal(filled.exitCode, 0, filled.result)
        assert.match(filled.result, /quota|space/i)

        assert.equal((await daytona.get(sandbox.id)).name, wanted.name)
        assert.equal((await daytona.get(wanted.name)).id, sandbox.id)
        assert.deepEqual(await listIds({ labels: { purpose: 'all', run: name } }), [sandbox.id])
        assert.deepEqual(await listIds({ labels: { purpose: 'all', run: 'of nobody' } }), [])
        const { STARTED, STOPPED } = sdk.SandboxState
        assert.deepEqual(await listIds({ name: wanted.name, states: [STARTED] }), [sandbox.id])
        assert.deepEqual(await listIds({ name: wanted.name, states: [STOPPED] }), [])
      } finally {
        await sandbox.delete()
      }
    })

    test('list walks page by page', async () => {
      const made = await Promise.all([1, 2, 3].map((n) => daytona.create({ labels: { page: name, n: String(n) } })))
      try {
        const found = await listIds({ labels: { page: name }, limit: 2 })
        assert.deepEqual(found.toSorted(), made.map(({ id }) => id).toSorted())
      } finally {
        await Promise.all(made.map((sandbox) => sandbox.delete()))
      }
      await Promise.all(made.map(({ id }) => waitUntilGone(id)))
      assert.deepEqual(await listIds({ labels: { page: name } }), [])
    })

    test('labels and intervals change, and stay', async () => {
      const sandbox = await daytona.create({ labels: { a: '1' } })
      try {
        assert.deepEqual(await sandbox.setLabels({ b: '2' }), { b: '2' })
        await sandbox.setAutostopInterval(33)
        await sandbox.setAutoArchiveInterval(44)
        await sandbox.setAutoDeleteInterval(55)
        await sandbox.refreshActivity()
        const read = await daytona.get(sandbox.id)
        assert.deepEqual(read.labels, { b: '2' })
        assert.deepEqual([read.autoStopInterval, read.autoArchiveInterval, read.autoDeleteInterval], [33, 44, 55])
      } finally {
        await sandbox.delete()
      }
    })

    test('stop and start keep the files, and delete is for ever', async () => {
      const sandbox = await daytona.create()
      await sandbox.fs.uploadFile(Buffer.from('still here'), 'notes/kept.txt')
      await sandbox.process.executeCommand('sudo touch /etc/kept')
      await sandbox.stop()
      assert.equal(sandbox.state, 'stopped')
      await assert.rejects(sandbox.process.executeCommand('true'), sdk.DaytonaError)
      assert.equal((await daytona.get(sandbox.id)).state, 'stopped')
      await sandbox.start()
      assert.equal(sandbox.state, 'started')
      assert.equal((await sandbox.fs.downloadFile('notes/kept.txt')).toString(), 'still here')
      assert.equal((await sandbox.process.executeCommand('stat -c %U /etc/kept')).result.trim(), 'root')
      await sandbox.delete()
      await waitUntilGone(sandbox.id)
    })

    test('an ephemeral sandbox is gone when it stops', async () => {
      const sandbox = await daytona.create({ ephemeral: true })
      await sandbox.stop()
      await waitUntilGone(sandbox.id)
    })

    if (client.isNewest) {
      test('delete that waits knows from an event when all is gone', async () => {
        const sandbox = await daytona.create()
        await sandbox.delete(20, true)
        assert.equal(sandbox.state, 'destroyed')
      })
    }

    /** A deleted sandbox is seen in the state `destroying` until all of it is gone. */
    async function waitUntilGone(id: string): Promise<void> {
      const deadline = Date.now() + 10_000
      for (;;) {
        try {
          assert.equal((await daytona.get(id)).state, 'destroying')
        } catch (error) {
          if (error instanceof sdk.DaytonaNotFoundError) return
          throw error
        }
        assert.ok(Date.now() < deadline, 'the sandbox is still there')
        await sleep(50)
      }
    }
  })
}
