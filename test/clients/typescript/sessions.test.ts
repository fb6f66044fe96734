import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Sandbox } from '@daytonaio/sdk'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { visit } from '../../fixtures/visit.ts'
import { clients, connect } from './clients.ts'

const platform = await startTestPlatform()
after(() => platform.remove())

for (const client of clients) {
  const { name, sdk } = client
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

    test('a session keeps folder and variables from command to command', async () => {
      const { process } = sandbox
      await process.createSession('state')
      const run = (command: string) => process.executeSessionCommand('state', { command })
      assert.equal((await run('cd /tmp && KEPT="a b" && greet() { echo "hi $1"; }')).exitCode, 0)
      const { output, stdout, stderr, exitCode } = await run('pwd; greet "$KEPT"; echo wrong >&2; (exit 7)')
      assert.deepEqual([stdout, stderr, exitCode], ['/tmp\nhi a b\n', 'wrong\n', 7])
      assert.match(output ?? '', /hi a b/)
      const { commands } = await process.getSession('state')
      assert.deepEqual(
        commands?.map((command) => command.exitCode),
        [0, 7],
      )
      const listed = await process.listSessions()
      assert.ok(listed.some(({ sessionId }) => sessionId === 'state'))
      await assert.rejects(process.createSession('state'), sdk.DaytonaConflictError)
      await process.deleteSession('state')
      await assert.rejects(process.getSession('state'), sdk.DaytonaNotFoundError)
    })

    test('a command that runs on tells its log later, and while it runs', async () => {
      const { process } = sandbox
      await process.createSession('later')
      const command = 'for i in 1 2 3; do echo "out $i"; echo "err $i" >&2; sleep 0.3; done; exit 5'
      const { cmdId, exitCode } = await process.executeSessionCommand('later', { command, runAsync: true })
      assert.equal(exitCode ?? undefined, undefined)
      let [stdout, stderr, chunks] = ['', '', 0]
      await process.getSessionCommandLogs(
        'later',
        cmdId,
        (chunk) => {
          stdout += chunk
          chunks++
        },
        (chunk) => {
          stderr += chunk
        },
      )
      assert.deepEqual([stdout, stderr], ['out 1\nout 2\nout 3\n', 'err 1\nerr 2\nerr 3\n'])
      assert.ok(chunks > 1, 'it came in one piece')
      assert.equal((await process.getSessionCommand('later', cmdId)).exitCode, 5)
      const whole = await process.getSessionCommandLogs('later', cmdId)
      assert.deepEqual([whole.stdout, whole.stderr], [stdout, stderr])
      await process.deleteSession('later')
    })

    test('a running command takes input', async () => {
      const { process } = sandbox
      await process.createSession('input')
      const command = 'read -r first; echo "first: $first"; read -r second; echo "second: $second"'
      const quiet = { command, runAsync: true, suppressInputEcho: true }
      const { cmdId } = await process.executeSessionCommand('input', quiet)
      await process.sendSessionCommandInput('input', cmdId, 'ä and b\n')
      await until(async () => (await process.getSessionCommandLogs('input', cmdId)).stdout === 'first: ä and b\n')
      await process.sendSessionCommandInput('input', cmdId, 'c\n')
      await until(async () => (await process.getSessionCommand('input', cmdId)).exitCode === 0)
      assert.equal((await process.getSessionCommandLogs('input', cmdId)).stdout, 'first: ä and b\nsecond: c\n')
      await assert.rejects(process.sendSessionCommandInput('input', cmdId, 'late\n'), (error: Error) =>
        client.isNewest
          ? error instanceof sdk.DaytonaCommandAlreadyCompletedError
          : error instanceof sdk.DaytonaError && error.statusCode === 410,
      )
      // Without a word about it, the log shows what was typed, as a terminal does.
      const echoing = await process.executeSessionCommand('input', { command: 'read -r line', runAsync: true })
      await process.sendSessionCommandInput('input', echoing.cmdId, 'typed')
      await until(async () => (await process.getSessionCommandLogs('input', echoing.cmdId)).stdout === 'typed\n')
      await process.deleteSession('input')
    })

    test('a command that ends the shell has its exit code, and what comes after is told that the session ended', async () => {
      const { process } = sandbox
      for (const [command, code] of [
        ['exit 3', 3],
        ['set -e; false', 1],
        ['exec sh -c "exit 4"', 4],
        ['kill -9 $$', 137],
        ['set -n', 0],
      ] as const) {
        await process.createSession('ending')
        const { cmdId, exitCode } = await process.executeSessionCommand('ending', { command })
        assert.equal(exitCode, code, command)
        await assert.rejects(process.executeSessionCommand('ending', { command: 'echo on' }), (error: Error) =>
          client.isNewest
            ? error instanceof sdk.DaytonaSessionEndedError
            : error instanceof sdk.DaytonaError && error.statusCode === 410,
        )
        assert.equal((await process.getSessionCommand('ending', cmdId)).exitCode, code)
        await process.getSessionCommandLogs('ending', cmdId)
        await process.deleteSession('ending')
      }
    })

    test('output with the bytes of markers arrives as it was written', async () => {
      const { process } = sandbox
      await process.createSession('markers')
      const command = 'printf "a\\2\\2\\2b\\1\\1\\1c\\n"; printf "wrong\\n" >&2'
      const { cmdId, stdout, stderr } = await process.executeSessionCommand('markers', { command })
      const expected = ['a\x02\x02\x02b\x01\x01\x01c\n', 'wrong\n']
      assert.deepEqual([stdout, stderr], expected)
      const live = ['', '']
      await process.getSessionCommandLogs(
        'markers',
        cmdId,
        (chunk) => {
          live[0] += chunk
        },
        (chunk) => {
          live[1] += chunk
        },
      )
      assert.deepEqual(live, expected)
      await process.deleteSession('markers')
    })

    test('there is no session of an entrypoint where the snapshot has none', async () => {
      await assert.rejects(sandbox.process.getEntrypointSession(), sdk.DaytonaNotFoundError)
      await assert.rejects(sandbox.process.getEntrypointLogs(), sdk.DaytonaNotFoundError)
    })

    test('deleting a session ends what runs in it', async () => {
      const { process } = sandbox
      await process.createSession('doomed')
      await process.executeSessionCommand('doomed', { command: 'sleep 4321', runAsync: true })
      const sleepers = async (): Promise<string> =>
        (await process.executeCommand('pgrep -cf "^sleep 4321"')).result.trim()
      await until(async () => (await sleepers()) === '1')
      await process.deleteSession('doomed')
      await until(async () => (await sleepers()) === '0')
    })

    test('a web server of a session, on localhost only, is seen through its preview', async () => {
      const { process, fs } = sandbox
      await fs.uploadFile(Buffer.from('<h1>Hello from inside</h1>'), 'site/index.html')
      await process.createSession('web')
      const command = 'cd site && exec python3 -m http.server --bind 127.0.0.1 8123'
      const { cmdId } = await process.executeSessionCommand('web', { command, runAsync: true })
      assert.ok(cmdId)
      const { url, token } = await sandbox.getPreviewLink(8123)
      const key = { 'x-daytona-preview-token': token }
      await until(async () => (await visit(url, key)).status === 200)
      const page = await visit(`${url}/index.html?x=1`, key)
      assert.equal(page.body, '<h1>Hello from inside</h1>')
      assert.match(String(page.headers.server), /SimpleHTTP/)
      const byQuery = await visit(`${url}/?DAYTONA_SANDBOX_AUTH_KEY=${token}`)
      assert.equal(byQuery.status, 200)

      for (const headers of [{}, { 'x-daytona-preview-token': 'wrong' }]) {
        const refused = await visit(url, headers)
        assert.equal(refused.status, 401)
        assert.ok(!refused.body.includes('Hello from inside'))
      }
      const signed = await sandbox.getSignedPreviewUrl(8123, 60)
      assert.equal((await visit(signed.url)).status, 200)
      await sandbox.expireSignedPreviewUrl(8123, signed.token)
      // What was granted is remembered for a second.
      await until(async () => (await visit(signed.url)).status === 404)
      assert.equal((await visit((await sandbox.getPreviewLink(8124)).url, key)).status, 502)
      const log = await process.getSessionCommandLogs('web', cmdId)
      assert.match(log.stderr ?? '', /GET \/index\.html\?x=1/)
    })

    test('a public preview needs no token', async () => {
      const open = await daytona.create({ public: true })
      try {
        await open.process.createSession('web')
        const command = 'python3 -m http.server --bind 127.0.0.1 8123'
        await open.process.executeSessionCommand('web', { command, runAsync: true })
        const { url } = await open.getPreviewLink(8123)
        await until(async () => (await visit(url)).status === 200)
      } finally {
        await open.delete()
      }
    })
  })
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!(await isSo())) {
    assert.ok(Date.now() < deadline, `not within 10 s: ${isSo}`)
    await sleep(50)
  }
}
