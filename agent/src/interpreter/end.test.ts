import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { limits } from '@sandyard/protocol/limits'
import { isRunning, startAgent, type TestAgent, until } from '../agent.fixture.ts'
import { openExecute, runCode, type Seen, seenBy, startPythonAgent } from './interpreter.fixture.ts'

describe('a run that does not end well', () => {
  let agent: TestAgent
  before(async () => {
    agent = await startPythonAgent()
  })
  after(() => agent[Symbol.asyncDispose]())

  const run = (code: string, more: Record<string, unknown> = {}): Promise<Seen> => runCode(agent, code, more)
  const create = async (): Promise<{ contextId: string }> => {
    const reply = await agent.call('POST', '/process/interpreter/context')
    assert.equal(reply.status, 200, reply.text)
    return { contextId: reply.json.id }
  }
  const deleteContext = ({ contextId }: { contextId: string }) =>
    agent.call('DELETE', `/process/interpreter/context/${contextId}`)
  const died = async (code: string, reason: RegExp): Promise<void> => {
    const context = await create()
    await run('kept = 1', context)
    const begun = performance.now()
    const { error, controls, code: closed } = await run(code, context)
    assert.ok(performance.now() - begun < 3000)
    assert.deepEqual([error?.name, controls, closed], ['WorkerProcessError', ['completed'], 1000])
    assert.match(error?.value ?? '', reason)
    assert.match(error?.value ?? '', /variables are lost/)
    const next = await run('print("kept" in globals())', context)
    assert.deepEqual([next.stdout, next.stderr, next.code], ['False\n', '', 1000])
    await deleteContext(context)
  }

  it('at its timeout is interrupted, keeps its variables and is told by 4008 alone', async () => {
    for (const code of ['while True: pass', 'import time\ntime.sleep(60)', 'import asyncio\nawait asyncio.sleep(60)']) {
      const begun = performance.now()
      const seen = await run(`kept = 5\nprint("begun")\n${code}`, { timeout: 0.3 })
      assert.deepEqual([seen.stdout, seen.controls, seen.error, seen.code], ['begun\n', [], undefined, 4008])
      assert.match(seen.reason, /longer than 0.3 s/)
      assert.ok(performance.now() - begun < 5000)
      assert.equal((await run('print(kept)')).stdout, '5\n')
    }
  })

  it('at its timeout ends the programs that it waits for', async () => {
    assert.equal((await run('import subprocess\nsubprocess.run(["sleep", "4711"])', { timeout: 0.3 })).code, 4008)
    assert.equal((await run('import os\nos.system("sleep 4711")', { timeout: 0.3 })).code, 4008)
    assert.ok(await until(async () => !(await isRunning(agent, 'sleep 4711'))))
  })

  it('that does not come back is killed with all it started, and the next is told', async () => {
    const context = await create()
    const code = [
      'import os, signal, subprocess, time',
      'signal.signal(signal.SIGINT, signal.SIG_IGN)',
      'subprocess.Popen(["setsid", "sleep", "4712"])',
      'time.sleep(60)',
    ].join('\n')
    const begun = performance.now()
    assert.equal((await run(code, { ...context, timeout: 0.2 })).code, 4008)
    assert.ok(performance.now() - begun < 4000)
    assert.ok(!(await isRunning(agent, 'sleep 4712')))
    const next = await run('print("signal" in globals())', context)
    assert.equal(next.stdout, 'False\n')
    assert.match(next.stderr, /variables of this context are lost/)
    assert.equal((await run('1', context)).stderr, '')
  })

  it('without a limit runs on', async () => {
    assert.equal((await run('import time\ntime.sleep(0.3)\nprint(1)', { timeout: 0 })).stdout, '1\n')
    assert.equal((await run('print(2)', { timeout: 1e12 })).stdout, '2\n')
    assert.equal((await run('print(3)', { timeout: null, envs: null, contextId: null })).stdout, '3\n')
  })

  it('whose caller goes away is interrupted, and keeps its variables', async () => {
    const context = await create()
    const webSocket = openExecute(agent)
    const code = 'kept = 6\nimport time\nprint("go")\ntime.sleep(60)'
    webSocket.once('open', () => webSocket.send(JSON.stringify({ code, ...context })))
    await once(webSocket, 'message')
    webSocket.terminate()
    const begun = performance.now()
    assert.equal((await run('print(kept)', context)).stdout, '6\n')
    assert.ok(performance.now() - begun < 5000)
  })

  it('by the end of its process is told at once, whatever ended it', async () => {
    await died('import os\nos._exit(3)', /exit code 3/)
    await died('import os, signal\nos.kill(os.getpid(), signal.SIGKILL)', /SIGKILL.*memory/)
    await died('import ctypes\nctypes.string_at(0)', /SIGSEGV/)
    await died('import os, time\nif os.fork(): os._exit(0)\ntime.sleep(60)', /exit code 0/)
    await died('import os, subprocess\nsubprocess.Popen(["sleep", "4713"])\nos.abort()', /SIGABRT/)
    assert.ok(!(await isRunning(agent, 'sleep 4713')))
    await died('import os\nos.closerange(0, 5000)', /exit code/)
  })

  it('gives all that was written before its process ended', async () => {
    const seen = await run('import os\nos.write(1, b"x" * 50_000)\nprint("last", end="")\nos._exit(0)')
    assert.equal(seen.stdout.length, 50_004)
    assert.equal(seen.error?.name, 'WorkerProcessError')
  })

  it('between two runs is told to the next', async () => {
    const context = await create()
    await run('import os, threading, time\nthreading.Timer(0.1, os._exit, (9,)).start()', context)
    await delay(400)
    const next = await run('print("os" in globals())', context)
    assert.equal(next.stdout, 'False\n')
    assert.match(next.stderr, /lost.*exit code 9/)
  })

  it('in a context that is deleted is told so, and so are those behind it', async () => {
    const context = await create()
    const running = run('import subprocess\nsubprocess.run(["sleep", "4714"])', context)
    assert.ok(await until(() => isRunning(agent, 'sleep 4714')))
    const waiting = run('1', context)
    await delay(50)
    assert.equal((await deleteContext(context)).status, 200)
    for (const seen of await Promise.all([running, waiting])) {
      assert.deepEqual([seen.code, seen.controls], [1008, []])
      assert.match(seen.reason, /context was deleted/)
    }
    assert.ok(!(await isRunning(agent, 'sleep 4714')))
  })

  it('is not hurt by what user code writes to descriptors it has found', async () => {
    const everywhere = (bytes: string) =>
      `import os, time\nfor fd in range(3, 3000):\n    try: os.write(fd, ${bytes})\n    except OSError: pass\ntime.sleep(5)`
    await died(everywhere('b"garbage" * 1000'), /no answer/)
    await died(everywhere('b"\\0\\0\\0\\0"'), /no answer/)
    await died(everywhere('b"\\xff" * 4'), /no answer/)
    // A forged answer ends the run of the forger; the true one, which follows, ends the process.
    const frame = ['1', 'completed', '', '', ''].map(
      (text) => `\\0\\0\\0\\${text.length === 0 ? '0' : `x0${text.length}`}${text}`,
    )
    const forged = `b"\\0\\0\\0\\x1e${frame.join('')}"`
    const context = await create()
    await run(
      `import os\nfor fd in range(3, 3000):\n    try: os.write(fd, ${forged})\n    except OSError: pass`,
      context,
    )
    await delay(200)
    const next = await run('print("fine")', context)
    assert.deepEqual([next.stdout, next.code], ['fine\n', 1000])
    assert.match(next.stderr, /no answer/)
  })

  it('is not hurt by user code that replaces or closes what Python stands on', async () => {
    const context = await create()
    await run('import os, sys\nos.close(0); os.close(1); os.close(2); sys.stdout.close(); sys.stdin.close()', context)
    const next = await run('print("out")\nprint("err", file=sys.stderr)\nos.system("echo program")', context)
    assert.deepEqual([next.stdout, next.stderr], ['out\nprogram\n', 'err\n'])
    const broken =
      'import builtins, os, sys\nbuiltins.len = builtins.isinstance = builtins.open = None\nos.read = os.write = None\nsys.stdout = None'
    assert.equal((await run(broken, context)).code, 1000)
    assert.equal((await run('raise ValueError("still told")', context)).error?.value, 'still told')
    await run(
      'import signal\nsignal.signal(signal.SIGALRM, lambda *a: 1/0)\nsignal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)',
    )
    await delay(200)
    await run('signal.setitimer(signal.ITIMER_REAL, 0)')
    assert.equal((await run('signal.setitimer(signal.ITIMER_REAL, 0)\nprint("fine")')).stdout, 'fine\n')
  })

  it('and floods a caller who does not read is held up, takes no memory, and loses nothing', async () => {
    const size = 200_000_000
    const memory = (): number =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${agent.child.pid}/status`, 'utf8'))?.[1]) / 1024
    const code = `import os\nfor i in range(${size / 1_000_000}): os.write(1, b"x" * 1_000_000)\nos.write(2, b"done")`
    const webSocket = openExecute(agent)
    let received = 0
    webSocket.on('message', (data: Buffer) => {
      const { type, text } = JSON.parse(data.toString()) as { type: string; text: string }
      if (type === 'stdout') received += text.length
    })
    const before = memory()
    webSocket.once('open', () => webSocket.send(JSON.stringify({ code })))
    await once(webSocket, 'message')
    webSocket.pause()
    await delay(700)
    const held = received
    assert.ok(held < size / 2)
    const growth = memory() - before
    assert.ok(growth < 60, `${growth} MiB more`)
    webSocket.resume()
    await once(webSocket, 'close')
    assert.equal(received, size)
  })

  it('and whose caller never reads is ended by its timeout, and holds nobody up after it', async () => {
    const context = await create()
    const webSocket = openExecute(agent)
    const code = 'while True: print("x" * 10000)'
    webSocket.once('open', () => webSocket.send(JSON.stringify({ code, ...context, timeout: 0.5 })))
    await once(webSocket, 'open')
    webSocket.pause()
    await delay(100)
    assert.equal((await run('print(1)', context)).stdout, '1\n')
    const seen = seenBy(webSocket)
    webSocket.resume()
    assert.equal((await seen).code, 4008)
  })

  it('leaves room in the queue for those who stay', async () => {
    const context = await create()
    const running = run('import time\ntime.sleep(1.5)', context)
    await delay(100)
    const waiting = Array.from({ length: limits.interpreterQueue }, () => run('pass', context))
    await delay(500)
    const refused = await run('pass', context)
    assert.equal(refused.code, 1008)
    assert.match(refused.reason, /wait in this context/)
    await running
    assert.ok((await Promise.all(waiting)).every(({ code }) => code === 1000))
  })
})

describe('the agent', () => {
  it('makes no more contexts than it may, and ends them with itself', async () => {
    await using agent = await startPythonAgent()
    const path = '/process/interpreter/context'
    const made = Array.from({ length: limits.interpreterContextCount }, () => agent.call('POST', path))
    for (const { status, text } of await Promise.all(made)) assert.equal(status, 200, text)
    assert.equal((await agent.call('POST', path)).status, 429)
    const { result } = await agent.run("pgrep -fc '[i]nterpreter.py'")
    assert.ok(Number(result) >= limits.interpreterContextCount)
    const pids = (
      await runCode(agent, 'import os, subprocess\nprint(os.getpid(), subprocess.Popen(["sleep", "4715"]).pid)')
    ).stdout
    await agent[Symbol.asyncDispose]()
    for (const one of pids.trim().split(' ')) assert.ok(await until(() => !isAlive(one)), `${one} is left`)
  })

  it('in a context that is just being made has the one Python of it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'slow-python-'))
    try {
      const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)']).toString().trim()
      writeFileSync(join(folder, 'python3'), `#!/bin/sh\nsleep 1\nexec ${python} "$@"\n`, { mode: 0o755 })
      await using slow = await startAgent({ PATH: `${folder}:${process.env.PATH}` })
      const path = '/process/interpreter/context'
      const creating = slow.call('POST', path)
      let contextId = ''
      await until(async () => {
        contextId = (await slow.call('GET', path)).json.contexts[0]?.id ?? ''
        return contextId !== ''
      })
      const seen = await runCode(slow, 'print(1)', { contextId })
      assert.deepEqual([seen.stdout, (await creating).status], ['1\n', 200])
      const { result } = await slow.run(`ps -o args --no-headers --ppid ${slow.child.pid}`)
      assert.equal(result.split('\n').filter((line) => line.includes('interpreter.py')).length, 1, result)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

/** A process that is dead but not yet waited for is not alive. */
function isAlive(pid: string): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ')
  } catch {
    return false // there is no such process
  }
}
