import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Sandbox } from '@daytonaio/sdk'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { clients, connect, plainCalls } from './clients.ts'

const platform = await startTestPlatform()
after(() => platform.remove())

/** Operations that the classes of the clients never call, or not in this form, by the package that they are built on. */
for (const client of clients) {
  const { name, sdk, toolbox } = client
  describe(name, () => {
    const daytona = connect(client, platform)
    let sandbox: Sandbox
    before(async () => {
      sandbox = await daytona.create()
    })
    after(async () => {
      await sandbox.delete()
      await daytona[Symbol.asyncDispose]()
    })
    const calls = () => plainCalls(client, sandbox, platform)

    test('version and folders', async () => {
      const info = new toolbox.InfoApi(calls())
      assert.match((await info.getVersion()).data.version ?? '', /^\d+\.\d+\.\d+/)
      assert.equal((await info.getUserHomeDir()).data.dir, '/home/daytona')
      assert.equal((await info.getWorkDir()).data.dir, '/home/daytona')
      assert.equal(await sandbox.getUserHomeDir(), '/home/daytona')
      assert.equal(await sandbox.getWorkDir(), '/home/daytona')
    })

    test('a token for telemetry is taken', async () => {
      const server = new toolbox.ServerApi(calls())
      assert.equal((await server.initialize({ token: 'x' })).status, 200)
      await assert.rejects(server.initialize({ token: 7 as unknown as string }), /400/)
    })

    test('ports that something listens on', async () => {
      const ports = new toolbox.PortApi(calls())
      assert.deepEqual((await ports.getPorts()).data.ports, [])
      assert.equal((await ports.isPortInUse(8123)).data.isInUse, false)
      await sandbox.process.createSession('web')
      const command = 'exec python3 -m http.server --bind 127.0.0.1 8123'
      await sandbox.process.executeSessionCommand('web', { command, runAsync: true })
      const deadline = Date.now() + 10_000
      while ((await ports.isPortInUse(8123)).data.isInUse !== true) assert.ok(Date.now() < deadline, 'nothing listens')
      assert.deepEqual((await ports.getPorts()).data.ports, [8123])
      await sandbox.process.deleteSession('web')
      while ((await ports.isPortInUse(8123)).data.isInUse === true) assert.ok(Date.now() < deadline, 'it listens on')
      await assert.rejects(ports.isPortInUse(70_000), /400/)
    })

    test('one file up, and down whole and in part', async () => {
      const files = new toolbox.FileSystemApi(calls())
      const content = 'from a form \u{1f600}\n'
      const uploaded = await files.uploadFile('folder/one.txt', new File([content], 'one.txt'))
      assert.equal(uploaded.status, 200)
      if (client.isNewest) {
        assert.deepEqual([uploaded.data.name, uploaded.data.type], ['one.txt', 'file'])
        assert.match(uploaded.data.path, /folder\/one\.txt$/)
      }
      assert.equal((await sandbox.fs.downloadFile('folder/one.txt')).toString(), content)
      const options = { responseType: 'text' } as const
      const whole = await files.downloadFile('folder/one.txt', options)
      assert.equal(String(whole.data), content)
      assert.match(String(whole.headers['content-disposition']), /attachment.*one\.txt/)
      const part = await files.downloadFile('folder/one.txt', { ...options, headers: { Range: 'bytes=5-10' } })
      assert.deepEqual([part.status, String(part.data)], [206, 'a form'])
      await assert.rejects(files.downloadFile('none'), /404/)
    })

    test('the commits of a repository', async () => {
      const commands = [
        'git init -q history && cd history',
        'git config user.name Mona && git config user.email mona@example.com',
        'git commit -q --allow-empty -m First && git commit -q --allow-empty -m Second',
      ]
      assert.equal((await sandbox.process.executeCommand(commands.join('\n'))).exitCode, 0)
      const git = new toolbox.GitApi(calls())
      const { data } = await git.getCommitHistory('history')
      assert.deepEqual(
        data.map(({ message, author, email }) => [message.trim(), author, email]),
        [
          ['Second', 'Mona', 'mona@example.com'],
          ['First', 'Mona', 'mona@example.com'],
        ],
      )
      assert.match(data[0]?.hash ?? '', /^[0-9a-f]{40}$/)
      assert.ok(Math.abs(Date.parse(data[0]?.timestamp ?? '') - Date.now()) < 60_000)
      await assert.rejects(git.getCommitHistory('none'), /404/)
    })

    test('a terminal that begins when somebody connects, or at once', async () => {
      const terminals = new toolbox.ProcessApi(calls())
      const made = await terminals.createPtySession({ id: 'lazy', cols: 90, rows: 20, lazyStart: true })
      assert.deepEqual([made.status, made.data.sessionId], [201, 'lazy'])
      const info = (await terminals.getPtySession('lazy')).data
      assert.deepEqual([info.active, info.lazyStart, info.cols, info.rows], [false, true, 90, 20])
      await terminals.createPtySession({ id: 'eager' })
      assert.equal((await terminals.getPtySession('eager')).data.active, true)
      await assert.rejects(terminals.createPtySession({ id: 'eager' }), /409/)
      for (const id of ['lazy', 'eager']) await terminals.deletePtySession(id)
      await assert.rejects(terminals.getPtySession('lazy'), /404/)
    })

    test('there is no entrypoint, and that is said', async () => {
      await assert.rejects(sandbox.process.getEntrypointSession(), sdk.DaytonaNotFoundError)
      await assert.rejects(sandbox.process.getEntrypointLogs(), sdk.DaytonaNotFoundError)
    })
  })
}

describe('the newest client', () => {
  const [newest] = clients
  assert.ok(newest)
  const daytona = connect(newest, platform)
  let sandbox: Sandbox
  before(async () => {
    sandbox = await daytona.create()
  })
  after(async () => {
    await sandbox.delete()
    await daytona[Symbol.asyncDispose]()
  })

  test('the environment of later commands', async () => {
    await sandbox.updateEnv({ GREETING: 'hello', OTHER: 'x' })
    assert.equal((await sandbox.process.executeCommand('echo $GREETING$OTHER')).result, 'hellox\n')
    await sandbox.updateEnv({}, { unset: ['OTHER'] })
    assert.equal((await sandbox.process.executeCommand('echo $GREETING$OTHER')).result, 'hello\n')
  })

  test('metrics', async () => {
    const metrics = await sandbox.getMetricsLatest()
    assert.ok(metrics.cpuUsedPct >= 0 && metrics.cpuUsedPct <= 100, `${metrics.cpuUsedPct} %`)
    assert.ok(metrics.memUsed > 0 && metrics.memUsed <= metrics.memTotal)
    assert.ok(metrics.diskUsed > 0 && metrics.diskUsed <= metrics.diskTotal)
    assert.ok(Math.abs(metrics.timestamp.getTime() - Date.now()) < 60_000)
  })
})
