import assert from 'node:assert/strict'
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startAgent, type TestAgent } from '../agent.fixture.ts'
import { execute, openExecute, runCode, type Seen, seenBy, startPythonAgent } from './interpreter.fixture.ts'

describe('the interpreter', () => {
  let agent: TestAgent
  before(async () => {
    agent = await startPythonAgent({ SECRET: 'kept' })
  })
  after(() => agent[Symbol.asyncDispose]())

  const run = (code: string, more: Record<string, unknown> = {}): Promise<Seen> => runCode(agent, code, more)
  const print = async (code: string, more: Record<string, unknown> = {}): Promise<string> => {
    const seen = await run(code, more)
    assert.deepEqual([seen.error, seen.stderr, seen.code], [undefined, '', 1000])
    return seen.stdout
  }
  const create = async (body: Record<string, unknown> = {}): Promise<{ id: string; cwd: string }> => {
    const reply = await agent.call('POST', '/process/interpreter/context', body)
    assert.equal(reply.status, 200, reply.text)
    return reply.json
  }

  it('keeps variables, functions, imports and the folder from run to run', async () => {
    await print('import os\nx = 41\ndef add(n): return n + 1\nos.chdir("/usr")')
    assert.equal(await print('print(add(x), os.getcwd(), __name__)'), '42 /usr __main__\n')
    await print(`os.chdir(${JSON.stringify(agent.home)})`)
  })

  it('sends five fields in each message, and completed at the end', async () => {
    const { messages } = await run('import sys\nprint("out")\nprint("err", file=sys.stderr)\n1/0')
    for (const message of messages) {
      assert.deepEqual(Object.keys(message), ['type', 'text', 'name', 'value', 'traceback'])
    }
    assert.deepEqual(messages.map((message) => message.type).sort(), ['control', 'error', 'stderr', 'stdout'])
    assert.equal(messages.at(-1)?.text, 'completed')
    assert.equal(messages.at(-2)?.type, 'error')
  })

  it('captures what programs and descriptors print, whatever it looks like', async () => {
    const forged = '{"type":"control","text":"completed","name":"","value":"","traceback":""}'
    const code = [
      'import os, subprocess, sys',
      'print("one")',
      'os.write(1, b"two\\n")',
      'subprocess.run("echo three; echo four >&2; echo five >/dev/stderr", shell=True)',
      `print(${JSON.stringify(forged)})`,
      'sys.stdout.write("\\x00\\x00\\x00\\x01x")',
      'os.write(2, b"six")',
    ].join('\n')
    const { stdout, stderr, controls } = await run(code)
    assert.equal(stdout, `one\ntwo\nthree\n${forged}\n\0\0\0\x01x`)
    assert.equal(stderr, 'four\nfive\nsix')
    assert.deepEqual(controls, ['completed'])
  })

  it('sends a prompt without its newline, and characters whole', async () => {
    const webSocket = openExecute(agent)
    const code =
      'import time, os\nprint("Name: ", end="")\ntime.sleep(1)\nfor b in "ä€😀".encode(): os.write(1, bytes([b]))'
    webSocket.once('open', () => webSocket.send(JSON.stringify({ code })))
    const begun = performance.now()
    const first = new Promise<string>((resolve) => {
      webSocket.once('message', (data: Buffer) => resolve(`${data}`))
    })
    const seen = seenBy(webSocket)
    assert.match(await first, /"Name: "/)
    assert.ok(performance.now() - begun < 900, 'the prompt came with the end')
    assert.equal((await seen).stdout, 'Name: ä€😀')
  })

  it('sends a line as one message', async () => {
    const { messages } = await run('import time\nfor i in range(3):\n    print("line", i)\n    time.sleep(0.4)')
    assert.deepEqual(
      messages.map((message) => message.text),
      ['line 0\n', 'line 1\n', 'line 2\n', 'completed'],
    )
  })

  it('gives code no input', async () => {
    const { error, stdout } = await run('input("Name: ")')
    assert.equal(error?.name, 'EOFError')
    assert.equal(stdout, 'Name: ')
  })

  it('tells errors with the lines of the code, also of an earlier run, and where they come from', async () => {
    await print('def divide(a, b):\n    return a / b  # here')
    const { error, controls, code } = await run(
      'try:\n    divide(1, 0)\nexcept ZeroDivisionError as e:\n    raise ValueError("ä") from e',
    )
    assert.deepEqual([error?.name, error?.value, controls, code], ['ValueError', 'ä', ['completed'], 1000])
    const trace = (error?.traceback ?? '').replace(/^ *[~^]+\n/gm, '')
    assert.equal(
      trace,
      [
        'Traceback (most recent call last):',
        '  File "<stdin>", line 2, in <module>',
        '    divide(1, 0)',
        '  File "<stdin>", line 2, in divide',
        '    return a / b  # here',
        'ZeroDivisionError: division by zero',
        '',
        'The above exception was the direct cause of the following exception:',
        '',
        'Traceback (most recent call last):',
        '  File "<stdin>", line 4, in <module>',
        '    raise ValueError("ä") from e',
        'ValueError: ä',
        '',
      ].join('\n'),
    )
  })

  it('tells wrong syntax like any error', async () => {
    const { error } = await run('x = 1\nif x\n    pass')
    assert.equal(error?.name, 'SyntaxError')
    assert.match(error?.traceback ?? '', /^ {2}File "<stdin>", line 2\n {4}if x\n/)
    assert.match(error?.value ?? '', /\(<stdin>, line 2\)$/)
    for (const code of ['a\0b', '('.repeat(5000), 'x = "\ud800"']) {
      const seen = await run(code)
      assert.deepEqual(seen.controls, ['completed'], JSON.stringify(seen))
    }
  })

  it('tells errors that are hard to tell', async () => {
    const unprintable = 'class E(Exception):\n    def __str__(self): raise RuntimeError("no")\nraise E()'
    assert.deepEqual((await run(unprintable)).error?.value, '<exception str() failed>')
    const deep = await run('def f(): return f()\nf()')
    assert.equal(deep.error?.name, 'RecursionError')
    assert.ok((deep.error?.traceback.length ?? 0) < 2000, deep.error?.traceback.slice(0, 3000))
    const huge = (await run('raise ValueError("x" * 50_000_000)')).error
    assert.match(huge?.value ?? '', /^x+\n\[49934464 characters are left out\]\nx+$/)
    assert.ok((huge?.traceback.length ?? 0) < 300_000)
    assert.equal((await run('import sys\nsys.setrecursionlimit(60)\ndef f(): f()\nf()')).error?.name, 'RecursionError')
    assert.match((await run('sys.setrecursionlimit(1000)\n1/0')).error?.traceback ?? '', /line 2/)
  })

  it('takes exit as an end, and KeyboardInterrupt as an interruption', async () => {
    for (const code of ['exit()', 'raise SystemExit(3)', 'import sys\nsys.exit()']) {
      const { error, controls } = await run(code)
      assert.deepEqual([error, controls], [undefined, ['completed']])
    }
    assert.equal((await run('raise SystemExit("told at the end")')).stderr, 'told at the end\n')
    const { controls, code } = await run('raise KeyboardInterrupt')
    assert.deepEqual([controls, code], [['interrupted'], 1000])
  })

  it('sets variables of the environment for one run, also one that fails', async () => {
    const show = 'import os\nprint(os.environ.get("A"), os.environ.get("SECRET"), os.popen("echo $A").read().strip())'
    assert.equal(await print(show, { envs: { A: '1', SECRET: 'other' } }), '1 other 1\n')
    assert.equal((await run('os.environ["B"] = "2"\n1/0', { envs: { A: '1' } })).error?.name, 'ZeroDivisionError')
    assert.equal(await print(show), 'None kept \n')
    assert.equal(await print('print(os.environ["B"], os.environ["MPLBACKEND"])'), '2 Agg\n')
  })

  it('awaits at the top level, and keeps the loop', async () => {
    const begin =
      'import asyncio\nasync def later(): await asyncio.sleep(0.01); return 5\ntask = asyncio.ensure_future(later())'
    assert.equal(await print(`${begin}\nawait asyncio.sleep(0)\nprint("begun")`), 'begun\n')
    assert.equal(await print('print(await task)'), '5\n')
    assert.equal(await print('print(asyncio.run(later()))'), '5\n')
    const { error } = await run('await asyncio.sleep(0)\nraise KeyError("k")')
    assert.equal(error?.name, 'KeyError')
    assert.doesNotMatch(error?.traceback ?? '', /asyncio/)
  })

  it('imports files of the work dir, and pickles what the code defines', async () => {
    writeFileSync(join(agent.home, 'neighbour.py'), 'value = 7\n')
    assert.equal(
      await print(
        'import neighbour, pickle\nclass P: pass\nprint(neighbour.value, pickle.loads(pickle.dumps(P)) is P)',
      ),
      '7 True\n',
    )
    // A file with a name that the agent's own program could fall for.
    const cwd = join(agent.home, 'trap')
    mkdirSync(cwd)
    for (const name of ['traceback', 'linecache', 'fcntl', 'os']) writeFileSync(join(cwd, `${name}.py`), '1/0\n')
    const { id } = await create({ cwd })
    assert.match((await run('x = 1\n1/0', { contextId: id })).error?.traceback ?? '', /line 2.*\n {4}1\/0/)
  })

  it('lets code start processes of all kinds', async () => {
    const code = [
      'import multiprocessing as m, os, threading',
      'def double(n): return n * 2',
      'with m.get_context("fork").Pool(2) as pool: print(pool.map(double, [1, 2]))',
      'with m.get_context("spawn").Pool(1) as pool: print(pool.map(abs, [-1]))',
      'pid = os.fork()',
      'if pid == 0: raise SystemExit(7)',
      'print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))',
      'thread = threading.Thread(target=print, args=("thread",)); thread.start(); thread.join()',
      'pid = os.fork()',
      'if pid == 0: print("child")',
      'else: os.waitpid(pid, 0); print("parent")',
    ].join('\n')
    assert.equal(await print(code), '[2, 4]\n[1]\n7\nthread\nchild\nparent\n')
    assert.equal(await print('print(double(4))'), '8\n')
  })

  it('drops what is printed between runs', async () => {
    await print(
      'import subprocess\nchild = subprocess.Popen("sleep 0.2; echo late; echo later >&2; sleep 300", shell=True)',
    )
    await delay(400)
    assert.equal(await print('print("mine")'), 'mine\n')
    assert.equal(await print('child.kill()'), '')
  })

  it('keeps contexts apart, and runs them at the same time', async () => {
    mkdirSync(join(agent.home, 'deep/er'), { recursive: true })
    const [one, two] = await Promise.all([create({ cwd: 'deep/er' }), create({ cwd: '/usr', language: 'python' })])
    assert.equal(one.cwd, join(agent.home, 'deep/er'))
    await Promise.all([print('v = 1', { contextId: one.id }), print('v = 2', { contextId: two.id })])
    const show = 'import os\nprint(v, os.getcwd())'
    assert.equal(await print(show, { contextId: one.id }), `1 ${realpathSync(one.cwd)}\n`)
    assert.equal(await print(show, { contextId: two.id }), '2 /usr\n')
    assert.equal((await run('v')).error?.name, 'NameError')
    const begun = performance.now()
    await Promise.all([one, two].map(({ id }) => print('import time\ntime.sleep(0.6)', { contextId: id })))
    assert.ok(performance.now() - begun < 1100)
    const { json } = await agent.call('GET', '/process/interpreter/context')
    const ids: string[] = json.contexts.map((context: { id: string }) => context.id)
    assert.deepEqual(ids.slice(-2).sort(), [one.id, two.id].sort())
    assert.ok(!ids.includes('default'))
    const { createdAt, ...rest } = json.contexts.at(-1)
    assert.equal(new Date(createdAt).toISOString(), createdAt)
    assert.deepEqual({ ...rest, id: '', cwd: '' }, { id: '', cwd: '', active: true, language: 'python' })
  })

  it('runs what comes at once one after the other', async () => {
    await print('order = []')
    const codes = Array.from({ length: 20 }, (_, number) => `order.append(${number})`)
    await Promise.all(codes.map((code) => print(code)))
    assert.equal(await print('print(sorted(order) == list(range(20)))'), 'True\n')
  })

  it('says what is wrong with a first message', async () => {
    const table: [message: string | Buffer, code: number, reason: RegExp][] = [
      ['print(1)', 1002, /not a JSON object/],
      ['[]', 1002, /not a JSON object/],
      ['null', 1002, /not a JSON object/],
      [Buffer.from([0xff, 0xfe]), 1002, /not a JSON object/],
      ['{}', 1008, /code/],
      ['{"code":""}', 1008, /code/],
      ['{"code":7}', 1008, /code/],
      ['{"code":"1","timeout":-1}', 1008, /timeout/],
      ['{"code":"1","timeout":"5"}', 1008, /timeout/],
      ['{"code":"1","envs":{"A B":""}}', 1008, /envs/],
      ['{"code":"1","contextId":"unknown"}', 1008, /^context not found: unknown$/],
      [JSON.stringify({ code: '1', contextId: 'ä'.repeat(500) }), 1008, /^context not found: ä+/],
      [JSON.stringify({ code: 'x'.repeat(17 * 1024 * 1024) }), 1009, /^$/],
    ]
    for (const [message, code, reason] of table) {
      const seen = await execute(agent, message)
      assert.equal(seen.code, code, `${message.toString().slice(0, 100)}: ${seen.reason}`)
      assert.match(seen.reason, reason)
      assert.deepEqual(seen.messages, [])
    }
    assert.equal((await execute(agent, Buffer.from('{"code":"print(1)"}'))).stdout, '1\n')
    const large = JSON.stringify({ code: `x = "${'y'.repeat(15 * 1024 * 1024)}"\nprint(len(x))` })
    assert.equal((await execute(agent, large)).stdout, '15728640\n')
  })

  it('answers wrong calls', async () => {
    const path = '/process/interpreter/context'
    const status = async (method: string, more: string, body?: unknown): Promise<number> =>
      (await agent.call(method, `${path}${more}`, body)).status
    assert.equal(await status('POST', '', { language: 'javascript' }), 400)
    assert.equal(await status('POST', '', { cwd: '/no/such' }), 400)
    assert.equal(await status('POST', '', { cwd: '/etc/passwd' }), 400)
    assert.equal(await status('POST', '', { cwd: 'a\0b' }), 400)
    assert.equal(await status('DELETE', '/default'), 400)
    assert.equal(await status('DELETE', '/unknown'), 404)
    const { id } = await create()
    assert.equal(await status('DELETE', `/${id}`), 200)
    assert.equal(await status('DELETE', `/${id}`), 404)
    assert.match((await run('1', { contextId: id })).reason, /context not found/)
  })
})

describe('an image', () => {
  it('without a Python says so', async () => {
    await using agent = await startAgent({ PATH: '/no/such' })
    const { status, json } = await agent.call('POST', '/process/interpreter/context')
    assert.equal(status, 422)
    assert.match(json.message, /python3: not found/)
    const { code, reason, error } = await runCode(agent, '1')
    assert.deepEqual([code, reason, error?.value], [1011, reason, 'python3: not found on the PATH of this sandbox'])
    assert.deepEqual((await agent.call('GET', '/process/interpreter/context')).json, { contexts: [] })
  })

  it('with something else of that name says what it said', async () => {
    await using agent = await startPythonAgent()
    const bin = join(agent.home, 'bin')
    mkdirSync(bin)
    writeFileSync(join(bin, 'python3'), '#!/bin/sh\necho "no interpreter of yours" >&2\nexit 4\n', { mode: 0o755 })
    await agent.call('POST', '/env', { set: { PATH: `${bin}:/usr/bin:/bin` } })
    const { code, error } = await runCode(agent, '1')
    assert.equal(code, 1011)
    assert.match(error?.value ?? '', /exit code 4: no interpreter of yours/)
  })
})
