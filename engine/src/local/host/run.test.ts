import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { identify, platformMark, thisPlatform } from './processes.ts'
import { mustRun, run } from './run.ts'

describe('a host program', () => {
  it('tells how it ended, and that is never an exception', async () => {
    assert.deepEqual(await run('sh', ['-c', 'echo out; echo err >&2; exit 3']), {
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err\n',
      timedOut: false,
    })
    const killed = await run('sh', ['-c', 'kill -9 $$'])
    assert.deepEqual([killed.exitCode, killed.timedOut], [null, false])
  })

  it('that is not there cannot be started', async () => {
    await assert.rejects(run('no-such-program', []), { code: 'ENOENT' })
  })

  it('gets its arguments as they are, and nothing of our environment but the mark', async () => {
    const { stdout } = await run('printf', ['%s|', '$HOME', 'a b', '`id`', ''])
    assert.equal(stdout, '$HOME|a b|`id`||')
    const names = (await mustRun('env', [])).trim().split('\n')
    assert.deepEqual(names.map((line) => line.split('=')[0]).sort(), ['HOME', 'LC_ALL', 'PATH', platformMark].sort())
    assert.ok(names.includes(`${platformMark}=${thisPlatform()}`))
  })

  it('gets an input, also one it does not read', async () => {
    assert.equal(await mustRun('cat', [], { input: 'ä\n' }), 'ä\n')
    const input = 'x'.repeat(1_000_000)
    assert.equal((await run('true', [], { input })).exitCode, 0)
    assert.equal((await run('cat', [])).stdout, '', 'none is an empty one')
  })

  it('is killed when its time is over', async () => {
    const startedAt = performance.now()
    const result = await run('sleep', ['60'], { timeoutMs: 50 })
    assert.deepEqual([result.exitCode, result.timedOut], [null, true])
    assert.ok(performance.now() - startedAt < 5000)
    await assert.rejects(mustRun('sleep', ['60'], { timeoutMs: 50 }), /^Error: sleep 60: timed out$/)
  })

  it('is read to its end however much it says, up to the limit', async () => {
    for (let i = 0; i < 5; i++) {
      assert.equal((await mustRun('head', ['-c', '3000000', '/dev/zero'])).length, 3_000_000)
    }
    const flood = await run('head', ['-c', '40000000', '/dev/zero'])
    assert.equal(flood.exitCode, 0)
    assert.ok(flood.stdout.length > 15_000_000 && flood.stdout.length <= 16 * 2 ** 20, `${flood.stdout.length}`)
  })

  it('is read to its end also by a process that is busy when it ends', async () => {
    const busy = setInterval(() => {
      for (const end = performance.now() + Math.random() * 8; performance.now() < end; );
    }, 1)
    try {
      for (let round = 0; round < 40; round++) {
        const said = await Promise.all(Array.from({ length: 8 }, () => mustRun('sha256sum', ['/dev/null'])))
        for (const line of said) assert.match(line, /^[0-9a-f]{64} /)
      }
    } finally {
      clearInterval(busy)
    }
  })

  it('is done when it ends, whatever it leaves running with its output', async () => {
    const startedAt = performance.now()
    const { stdout } = await run('sh', ['-c', 'sleep 5 & echo $!'])
    process.kill(Number(stdout))
    assert.ok(performance.now() - startedAt < 4000)
  })

  it('can be given a file for its output, and a socket that listens', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sandyard-run-'))
    const outputFile = join(folder, 'out')
    const socket = createServer()
    let taken = 0
    socket.on('connection', () => taken++)
    try {
      await new Promise<void>((resolve) => socket.listen(join(folder, 'socket'), resolve))
      const look = 'echo out; echo err >&2; readlink /proc/self/fd/3'
      const result = await run('sh', ['-c', look], { outputFile, socket })
      assert.deepEqual(result, { exitCode: 0, stdout: '', stderr: '', timedOut: false })
      assert.match(readFileSync(outputFile, 'utf8'), /^out\nerr\nsocket:\[\d+\]\n$/)
      // Nobody but us takes connections of it.
      connect(join(folder, 'socket')).end()
      await once(socket, 'connection')
      assert.equal(taken, 1)
    } finally {
      socket.close()
      rmSync(folder, { recursive: true })
    }
  })

  it('is ended when its caller gives up', async () => {
    const abort = new AbortController()
    const running = run('sleep', ['60'], { signal: abort.signal })
    setTimeout(() => abort.abort(), 50)
    assert.equal((await running).exitCode, null)
    assert.equal((await run('sleep', ['60'], { signal: AbortSignal.abort() })).exitCode, null)
  })

  it('is started again when what starts it has been killed; those under way fail', async () => {
    const launcher = Number((await run('sh', ['-c', 'echo $PPID'])).stdout)
    assert.notEqual(launcher, process.pid)
    const running = run('sleep', ['5'])
    process.kill(launcher, 'SIGKILL')
    await assert.rejects(running, /The process that starts host programs has ended/)
    const again = Number((await run('sh', ['-c', 'echo $PPID'])).stdout)
    assert.ok(again !== launcher && again !== process.pid)
  })

  it('keeps nothing alive: what starts it ends with us, and not by signals for all', async () => {
    const program = `import { run } from ${JSON.stringify(join(import.meta.dirname, 'run.ts'))}
      const launcher = Number((await run('sh', ['-c', 'echo $PPID'])).stdout)
      process.kill(launcher, 'SIGINT')
      process.kill(launcher, 'SIGTERM')
      console.log(launcher, (await run('echo', ['still'])).stdout.trim())`
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program])
    const [, pid, word] = /^(\d+) (\w+)\n$/.exec(stdout) ?? []
    assert.equal(word, 'still', 'the program has ended by itself')
    for (let left = 100; identify(Number(pid)) !== null; left--) {
      assert.ok(left > 0, 'it has outlived us')
      await sleep(20)
    }
  })

  it('that must end well tells why it did not', async () => {
    await assert.rejects(mustRun('sh', ['-c', 'echo why >&2; exit 1']), /^Error: sh -c echo why .*: why$/)
    await assert.rejects(mustRun('false', []), /exit code 1/)
  })
})
