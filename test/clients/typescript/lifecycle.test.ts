import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { openOutside } from '../../fixtures/outside.ts'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { clients, connect } from './clients.ts'

const platform = await startTestPlatform()
after(() => platform.remove())

/** Says its port, then answers every connection. */
const server = `
import http.server
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'reached')
    def log_message(self, *_):
        pass
listener = http.server.ThreadingHTTPServer(('', 0), Answer)
print(listener.server_port, flush=True)
listener.serve_forever()
`

for (const client of clients) {
  const { name, sdk, isNewest } = client
  const run = isNewest ? 'new' : 'old'
  describe(name, () => {
    const daytona = connect(client, platform)
    after(() => daytona[Symbol.asyncDispose]())

    test('resize: more while it runs, less and another disk while it is stopped', async () => {
      const sandbox = await daytona.create()
      try {
        const limit = async () => {
          const { result } = await sandbox.process.executeCommand(
            'cat /sys/fs/cgroup/memory.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes',
          )
          return Number(result) / 1024 ** 3
        }
        assert.equal(await limit(), 1)
        await sandbox.resize({ cpu: 2, memory: 2 })
        assert.deepEqual([sandbox.state, sandbox.cpu, sandbox.memory, sandbox.disk], ['started', 2, 2, 3])
        assert.equal(await limit(), 2)
        await assert.rejects(sandbox.resize({ memory: 1 }), sdk.DaytonaError)
        await assert.rejects(sandbox.resize({ disk: 4 }), /only while the sandbox is stopped/)
        await sandbox.stop()
        await sandbox.resize({ cpu: 1, memory: 1, disk: 4 })
        assert.deepEqual([sandbox.state, sandbox.cpu, sandbox.memory, sandbox.disk], ['stopped', 1, 1, 4])
        await sandbox.start()
        assert.equal(await limit(), 1)
        const filled = await sandbox.process.executeCommand('fallocate -l 3500M /home/daytona/big; echo $?')
        assert.equal(filled.result.trim(), '0', 'the disk has grown')
      } finally {
        await sandbox.delete()
      }
    })

    test('pause and start: what runs goes on where it was', async () => {
      const sandbox = await daytona.create()
      try {
        const count = 'i=0; while :; do i=$((i+1)); echo $i > /tmp/count; sleep 0.05; done'
        await sandbox.process.createSession('counter')
        await sandbox.process.executeSessionCommand('counter', { command: count, runAsync: true })
        await sandbox.pause()
        assert.equal(sandbox.state, 'paused')
        await assert.rejects(sandbox.process.executeCommand('true'), /is paused/)
        await sandbox.start()
        assert.equal(sandbox.state, 'started')
        const grows = 'a=$(cat /tmp/count); sleep 0.5; b=$(cat /tmp/count); [ "$b" -gt "$a" ] && echo goes on'
        assert.equal((await sandbox.process.executeCommand(grows)).result.trim(), 'goes on')
        await sandbox.pause()
        await sandbox.stop()
        assert.equal(sandbox.state, 'stopped')
      } finally {
        await sandbox.delete()
      }
    })

    test('network settings hold at once', async () => {
      const outside = await openOutside()
      try {
        const port = await outside.start('python3', ['-u', '-c', server])
        const sandbox = await daytona.create()
        const reach = async () => {
          const command = `curl -s -m 2 http://${outside.address}:${port}/ || echo closed`
          return (await sandbox.process.executeCommand(command)).result.trim()
        }
        try {
          assert.equal(await reach(), 'reached')
          await sandbox.updateNetworkSettings({ networkBlockAll: true })
          assert.equal(sandbox.networkBlockAll, true)
          assert.equal(await reach(), 'closed')
          await sandbox.updateNetworkSettings({ networkAllowList: `${outside.address}/32` })
          assert.deepEqual([sandbox.networkBlockAll, sandbox.networkAllowList], [false, `${outside.address}/32`])
          assert.equal(await reach(), 'reached')
          await sandbox.updateNetworkSettings({ networkAllowList: '203.0.113.0/24' })
          assert.equal(await reach(), 'closed')
          await sandbox.stop()
          await sandbox.start()
          assert.equal(await reach(), 'closed', 'after a start, too')
          await sandbox.updateNetworkSettings({ networkBlockAll: false })
          assert.equal(await reach(), 'reached')
          await assert.rejects(sandbox.updateNetworkSettings({}), sdk.DaytonaError)
        } finally {
          await sandbox.delete()
        }
      } finally {
        await outside.close()
      }
    })

    test('fork: the disk as it was, and two ways from there', async () => {
      const source = await daytona.create({ envVars: { GREETING: 'hello' }, labels: { kind: `source-${run}` } })
      await source.process.executeCommand('echo one > kept.txt; sudo touch /etc/made')
      const fork = isNewest
        ? await source.fork({ name: `twig-${run}` })
        : await source._experimental_fork({ name: `twig-${run}` })
      try {
        assert.deepEqual([fork.name, fork.state, fork.labels], [`twig-${run}`, 'started', source.labels])
        const seen = await fork.process.executeCommand(
          'cat kept.txt; stat -c %U /etc/made; echo $GREETING; echo two > kept.txt',
        )
        assert.equal(seen.result, 'one\nroot\nhello\n')
        assert.equal((await source.process.executeCommand('cat kept.txt')).result, 'one\n')
        await assert.rejects(source.delete(), /has forks/)
        assert.equal((await daytona.get(source.id)).state, 'started')
        const parent = await platform.call('GET', `/sandbox/${fork.id}/parent`)
        assert.equal((parent.body as { id: string }).id, source.id)
      } finally {
        await fork.delete()
        await source.delete()
      }
    })

    test('a snapshot of a sandbox, and sandboxes from it', async () => {
      const source = await daytona.create()
      const saved = `saved/${run}:1`
      await source.process.executeCommand('echo one > kept.txt; sudo touch /etc/made')
      if (isNewest) await source.createSnapshot(saved)
      else await source._experimental_createSnapshot(saved)
      assert.equal(source.state, 'started')
      await source.process.executeCommand('echo two > kept.txt')
      const snapshot = await daytona.snapshot.get(saved)
      assert.equal(snapshot.state, 'active')
      const made = await daytona.create({ snapshot: saved })
      try {
        assert.equal(made.snapshot, saved)
        assert.equal((await made.process.executeCommand('cat kept.txt; ls /etc/made')).result, 'one\n/etc/made\n')
        await daytona.snapshot.delete(snapshot)
        await assert.rejects(daytona.snapshot.get(saved), sdk.DaytonaNotFoundError)
        await made.stop()
        await made.start()
        assert.equal(
          (await made.process.executeCommand('cat kept.txt')).result,
          'one\n',
          'it stands on what is deleted',
        )
        await assert.rejects(daytona.create({ snapshot: saved }), /not found/)
      } finally {
        await made.delete()
        await source.delete()
      }
    })

    test('archive and start: the files are there, and what it was made from', async () => {
      const sandbox = await daytona.create()
      try {
        await sandbox.process.executeCommand('echo one > kept.txt; sudo touch /etc/made')
        await assert.rejects(sandbox.archive(), /is not stopped/)
        await sandbox.stop()
        await sandbox.archive()
        assert.equal(sandbox.state, 'archived')
        await assert.rejects(sandbox.process.executeCommand('true'), /is archived/)
        await sandbox.start()
        assert.equal(sandbox.state, 'started')
        const seen = await sandbox.process.executeCommand('cat kept.txt; stat -c %U /etc/made kept.txt')
        assert.equal(seen.result, 'one\nroot\ndaytona\n')
        await sandbox.stop()
        await sandbox.archive()
      } finally {
        await sandbox.delete()
      }
    })

    test('intervals are kept', async () => {
      const sandbox = await daytona.create()
      try {
        await sandbox.setAutoArchiveInterval(90)
        if (isNewest) {
          await assert.rejects(sandbox.setAutoPauseInterval(5), /Only one of the auto-stop and auto-pause/)
          await sandbox.setAutostopInterval(0)
          await sandbox.setAutoPauseInterval(5)
          const before = Date.now()
          await sandbox.setTtl(60)
          await sandbox.refreshData()
          const endsInMs = Date.parse(sandbox.autoDestroyAt ?? '') - before
          assert.ok(endsInMs >= 3_599_000 && endsInMs < 3_660_000, `${endsInMs} ms`)
          assert.deepEqual([sandbox.autoStopInterval, sandbox.autoPauseInterval], [0, 5])
        }
        assert.equal((await daytona.get(sandbox.id)).autoArchiveInterval, 90)
      } finally {
        await sandbox.delete()
      }
    })
  })
}

test('what was changed and paused is so after kill -9', async () => {
  type Answer = { readonly id: string; readonly state: string; readonly cpu: number; readonly networkBlockAll: boolean }
  const call = async (method: string, path: string, body?: object) => {
    const answer = await platform.call(method, path, body)
    assert.ok(answer.status < 300, JSON.stringify(answer))
    return answer.body as Answer
  }
  const { id } = await call('POST', '/sandbox', {})
  await call('POST', `/sandbox/${id}/resize`, { cpu: 2 })
  await call('POST', `/sandbox/${id}/network-settings`, { networkBlockAll: true })
  const fork = (await call('POST', `/sandbox/${id}/fork`, { name: 'of-both-lives' })).id
  await call('POST', `/sandbox/${id}/snapshot`, { name: 'of-both-lives' })
  await call('POST', `/sandbox/${id}/pause`)
  await platform.end('SIGKILL')
  await platform.start()
  const paused = await call('GET', `/sandbox/${id}`)
  assert.deepEqual([paused.state, paused.cpu, paused.networkBlockAll], ['paused', 2, true])
  assert.equal((await call('GET', `/sandbox/${fork}`)).state, 'started')
  assert.equal((await call('POST', `/sandbox/${id}/start`)).state, 'started')
  const made = await call('POST', '/sandbox', { snapshot: 'of-both-lives' })
  assert.deepEqual([made.state, made.cpu], ['started', 2])
  for (const one of [made.id, fork]) await call('DELETE', `/sandbox/${one}`)
  await call('DELETE', `/sandbox/${id}`)
})
