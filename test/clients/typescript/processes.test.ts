import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Sandbox } from '@daytonaio/sdk'
import { startTestPlatform } from '../../fixtures/platform.ts'
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

    test('a command tells its output and its exit code', async () => {
      const answer = await sandbox.process.executeCommand('echo out; echo err >&2; exit 42')
      assert.equal(answer.exitCode, 42)
      assert.deepEqual(answer.result.trim().split('\n').toSorted(), ['err', 'out'])
      assert.equal(answer.artifacts?.stdout, answer.result)
    })

    test('folder and environment are those asked for', async () => {
      const env = { ONE: '1', QUOTES: `it's "quoted" $HOME \\ \n next` }
      const answer = await sandbox.process.executeCommand('pwd; printf %s "$ONE$QUOTES"', '/tmp', env)
      assert.equal(answer.result, `/tmp\n1${env.QUOTES}`)
    })

    test('many lines are one script', async () => {
      const script =
        'count=0\nfor i in 1 2 3; do\n  count=$((count + i))\ndone\ncat <<END\nsum $count\nEND\nfalse | true'
      assert.deepEqual(pick(await sandbox.process.executeCommand(script)), [0, 'sum 6\n'])
    })

    test('what a command writes comes whole, whatever it is', async () => {
      const { result } = await sandbox.process.executeCommand(
        "seq 1 200000; printf '\\303\\244\\342\\202\\254\\360\\237\\230\\200'",
      )
      assert.equal(result, `${Array.from({ length: 200_000 }, (_, i) => i + 1).join('\n')}\nä€😀`)
    })

    test('a command that takes too long is ended, with all it started', async () => {
      const started = Date.now()
      await assert.rejects(
        sandbox.process.executeCommand('sleep 3210 & sleep 3210', undefined, undefined, 1),
        isTimeout,
      )
      assert.ok(Date.now() - started < 5000)
      assert.equal((await sandbox.process.executeCommand('pgrep -xc sleep')).result.trim(), '0')
    })

    test('a fork bomb ends with its timeout, and the sandbox goes on', async () => {
      const bomb = 'bomb() { (setsid sleep 4321 &) ; bomb | bomb & }; bomb; sleep 4321'
      const started = Date.now()
      await assert.rejects(sandbox.process.executeCommand(bomb, undefined, undefined, 2), isTimeout)
      assert.ok(Date.now() - started < 30_000, `${Date.now() - started} ms`)
      const deadline = Date.now() + 20_000
      // Right after it there may be no room for a new process yet.
      const count = async () =>
        (await sandbox.process.executeCommand('pgrep -xc sleep').catch((error: Error) => error.message)) as unknown
      let left: unknown
      do left = await count()
      while (JSON.stringify(left).includes('"result":"0') === false && Date.now() < deadline)
      assert.match(JSON.stringify(left), /"result":"0/)
    })

    test('a folder that is not there is a failure that says so', async () => {
      const answer = await sandbox.process.executeCommand('pwd', '/no/such/folder').catch((error: Error) => error)
      assert.match(answer instanceof Error ? answer.message : answer.result, /no such/i)
      if (!(answer instanceof Error)) assert.notEqual(answer.exitCode, 0)
    })

    test('what a command leaves behind is reaped when it ends', async () => {
      await sandbox.process.executeCommand('(setsid sleep 0.2 >/dev/null 2>&1 &)')
      const count = 'pgrep -xc sleep; ps -eo stat | grep -c ^Z'
      const deadline = Date.now() + 5000
      while ((await sandbox.process.executeCommand(count)).result !== '0\n0\n') {
        assert.ok(Date.now() < deadline, (await sandbox.process.executeCommand('ps -ef')).result)
      }
    })

    if (client.isNewest) {
      test('what it uses', async () => {
        const metrics = await sandbox.getMetricsLatest()
        assert.ok(metrics.cpuUsedPct >= 0 && metrics.cpuUsedPct <= 100, String(metrics.cpuUsedPct))
        assert.ok(metrics.memUsed > 0 && metrics.memUsed < metrics.memTotal)
        assert.ok(metrics.diskTotal > 0 && metrics.diskUsed > 0)
        assert.ok(Math.abs(metrics.timestamp.getTime() - Date.now()) < 60_000)
      })
    }

    test('Python', async () => {
      const code = 'import sys, os\nprint(sum(range(10)), sys.argv[1:], os.environ["WHO"])'
      const params = { argv: ['a b', "c'd"], env: { WHO: 'me' } }
      assert.deepEqual(pick(await sandbox.process.codeRun(code, params)), [0, `45 ['a b', "c'd"] me\n`])
      const failed = await sandbox.process.codeRun('raise ValueError("on purpose")')
      assert.notEqual(failed.exitCode, 0)
      assert.match(failed.result, /ValueError: on purpose/)
      assert.deepEqual(pick(await sandbox.process.codeRun('import numpy\nprint(numpy.arange(3).sum())')), [0, '3\n'])
      await assert.rejects(sandbox.process.codeRun('import time\ntime.sleep(60)', undefined, 1), isTimeout)
      const trace = (await sandbox.process.codeRun('def f():\n  raise KeyError(1)\n\nf()')).result
      assert.match(trace, /File "<target_code>", line 4, in <module>\n.*File "<target_code>", line 2, in f\n/s)
      assert.match((await sandbox.process.codeRun('input()')).result, /EOFError/)
      assert.deepEqual(pick(await sandbox.process.codeRun('import sys\nsys.exit(7)')), [7, ''])
    })

    test('TypeScript', async () => {
      await withLanguage('typescript', async ({ process }) => {
        const code = 'interface P { x: number }\nconst p: P = { x: 41 }\nconsole.log(p.x + 1, process.argv.length > 1)'
        assert.deepEqual(pick(await process.codeRun(code)), [0, '42 true\n'])
        const failed = await process.codeRun('const n: number = 1\nthrow new Error("on purpose")')
        assert.notEqual(failed.exitCode, 0)
        assert.match(failed.result, /on purpose/)
        const modules = await process.codeRun("import { join } from 'node:path'\nconsole.log(join('a', 'b'))")
        assert.deepEqual(pick(modules), [0, 'a/b\n'])
        await process.executeCommand("printf 'export enum Kind { a = 5 }' > kinds.ts")
        const local = await process.codeRun("import { Kind } from './kinds'\nconsole.log(Kind.a)")
        assert.deepEqual(pick(local), [0, '5\n'])
      })
    })

    test('JavaScript', async () => {
      await withLanguage('javascript', async ({ process }) => {
        const argv = { argv: ['--flag', 'x y'], env: { WHO: 'me' } }
        const code = 'console.log([1, 2].map(n => n * 2), process.argv.slice(-2), process.env.WHO)'
        assert.deepEqual(pick(await process.codeRun(code, argv)), [0, "[ 2, 4 ] [ '--flag', 'x y' ] me\n"])
      })
    })

    /** The older client has no class for the status 408. */
    function isTimeout(error: Error): boolean {
      assert.match(error.message, /timeout/)
      if (client.isNewest) return error instanceof sdk.DaytonaProcessExecutionTimeoutError
      return error instanceof sdk.DaytonaError && error.statusCode === 408
    }

    async function withLanguage(language: string, work: (sandbox: Sandbox) => Promise<void>): Promise<void> {
      const other = await daytona.create({ language })
      try {
        await work(other)
      } finally {
        await other.delete()
      }
    }
  })
}

function pick(answer: { exitCode: number; result: string }): [number, string] {
  return [answer.exitCode, answer.result]
}
