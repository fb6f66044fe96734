import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Sandbox } from '@daytonaio/sdk'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { clients, connect } from './clients.ts'

const platform = await startTestPlatform()
after(() => platform.remove())

/** Collects what a terminal shows. */
function screen() {
  const decoder = new TextDecoder()
  let shown = ''
  return {
    text: () => shown,
    onData: (bytes: Uint8Array) => {
      shown += decoder.decode(bytes, { stream: true })
    },
    async sees(wanted: string | RegExp): Promise<void> {
      await until(async () => (typeof wanted === 'string' ? shown.includes(wanted) : wanted.test(shown))).catch(() =>
        assert.fail(`${wanted} is not in ${JSON.stringify(shown)}`),
      )
    },
  }
}

for (const client of clients) {
  const { name, sdk } = client
  describe(name, () => {
    const daytona = connect(client, platform)
    let sandbox: Sandbox
    before(async () => {
      sandbox = await daytona.create({ envVars: { OF_SANDBOX: 'yes' } })
    })
    after(async () => {
      await sandbox.delete()
      await daytona[Symbol.asyncDispose]()
    })

    test('a terminal shows what is typed and printed, and tells its exit', async () => {
      const { process } = sandbox
      const { onData, sees, text } = screen()
      const terminal = await process.createPty({
        id: 'first',
        cwd: '/tmp',
        envs: { GREETING: 'hällo' },
        cols: 100,
        rows: 25,
        onData,
      })
      await terminal.waitForConnection()
      assert.equal(terminal.isConnected(), true)
      await terminal.sendInput('stty size; pwd; tty; echo "$GREETING $OF_SANDBOX $TERM"\n')
      await sees(/25 100\r\n\/tmp\r\n\/dev\/pts\/\d+\r\nhällo yes xterm-256color\r\n/)
      await terminal.sendInput(new TextEncoder().encode('exit 3\n'))
      const result = await terminal.wait()
      assert.deepEqual([result.exitCode, result.error], [3, 'non-zero exit'])
      assert.match(text(), /exit 3/)
      await until(async () => (await process.listPtySessions()).length === 0)
      await terminal.disconnect()
    })

    test('a terminal goes on when its viewer leaves, and another sees it', async () => {
      const { process } = sandbox
      const [one, two] = [screen(), screen()]
      const first = await process.createPty({ id: 'lasting', onData: one.onData })
      await first.waitForConnection()
      const listed = await process.listPtySessions()
      assert.deepEqual(
        listed.map(({ id, active, cols, rows }) => ({ id, active, cols, rows })),
        [{ id: 'lasting', active: true, cols: 80, rows: 24 }],
      )
      await first.sendInput('KEPT=still; echo re"ady"\n')
      await one.sees('ready')
      await first.disconnect()

      const second = await process.connectPty('lasting', { onData: two.onData })
      await second.waitForConnection()
      await second.sendInput('echo "$KEPT here"\n')
      await two.sees('still here')
      assert.ok(!two.text().includes('ready'))
      const resized = await second.resize(100, 30)
      assert.deepEqual([resized.cols, resized.rows], [100, 30])
      await second.sendInput('stty size\n')
      await two.sees('30 100')
      const info = await process.getPtySessionInfo('lasting')
      assert.deepEqual([info.cols, info.rows, info.cwd, info.active], [100, 30, '/home/daytona', true])
      const third = await process.resizePtySession('lasting', 90, 20)
      assert.deepEqual([third.cols, third.rows], [90, 20])
      await process.killPtySession('lasting')
      const result = await second.wait()
      assert.deepEqual([result.exitCode, result.error], [137, 'SIGKILL'])
      await assert.rejects(process.getPtySessionInfo('lasting'), sdk.DaytonaNotFoundError)
    })

    test('two viewers share a terminal', async () => {
      const { process } = sandbox
      const screens = [screen(), screen()] as const
      const first = await process.createPty({ id: 'shared', onData: screens[0].onData })
      await first.waitForConnection()
      const second = await process.connectPty('shared', { onData: screens[1].onData })
      await second.waitForConnection()
      await first.sendInput('A=from-first\n')
      // Two connections may overtake each other.
      await screens[1].sees('A=from-first')
      await second.sendInput('echo "[$A]"; exit\n')
      for (const { sees } of screens) await sees('[from-first]')
      for (const terminal of [first, second]) assert.equal((await terminal.wait()).exitCode, 0)
    })

    test('killing a terminal ends also what it disowned', async () => {
      const { process } = sandbox
      const { onData, sees } = screen()
      const terminal = await process.createPty({ id: 'doomed', onData })
      await terminal.waitForConnection()
      await terminal.sendInput('sleep 5432 & disown; setsid nohup sleep 5433 & echo st"arted"\n')
      await sees('started')
      const sleepers = async (): Promise<string> =>
        (await process.executeCommand('pgrep -cf "^sleep 543[23]"')).result.trim()
      await until(async () => (await sleepers()) === '2')
      await terminal.kill()
      assert.equal((await terminal.wait()).exitCode, 137)
      await until(async () => (await sleepers()) === '0')
      assert.equal((await process.executeCommand('ps -eo stat= | grep -c Z')).result.trim(), '0')
    })

    test('what cannot be is told', async () => {
      const { process } = sandbox
      const { onData } = screen()
      const terminal = await process.createPty({ id: 'taken', onData })
      await terminal.waitForConnection()
      await assert.rejects(process.createPty({ id: 'taken', onData }), sdk.DaytonaError)
      await assert.rejects(process.createPty({ id: 'lost', cwd: '/no/such', onData }), sdk.DaytonaError)
      await assert.rejects(process.connectPty('unknown', { onData }), sdk.DaytonaError)
      await assert.rejects(process.resizePtySession('taken', 0, 24), sdk.DaytonaValidationError)
      await assert.rejects(process.killPtySession('unknown'), sdk.DaytonaNotFoundError)
      assert.deepEqual(
        (await process.listPtySessions()).map(({ id }) => id),
        ['taken'],
      )
      await terminal.kill()
    })

    test('full-screen programs and interpreters work', async () => {
      const { process } = sandbox
      const { onData, sees, text } = screen()
      const terminal = await process.createPty({ id: 'programs', cols: 90, rows: 20, onData })
      await terminal.waitForConnection()
      await terminal.sendInput('python3 -q\n')
      await sees('>>> ')
      await terminal.sendInput('import os; print(os.get_terminal_size(), os.isatty(0))\n')
      await sees('columns=90, lines=20) True')
      await terminal.sendInput('\x04')
      await terminal.sendInput('sleep 100\n')
      await sleep(300)
      await terminal.sendInput('\x03')
      await terminal.sendInput('echo "code $?"\n')
      await sees('code 130')
      assert.doesNotMatch(text(), /no job control|cannot set terminal/)
      await terminal.sendInput('exit\n')
      assert.equal((await terminal.wait()).exitCode, 0)
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
