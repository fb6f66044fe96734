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
      sandbox = await daytona.create({ envVars: { OF_SANDBOX: 'yes' } })
    })
    after(async () => {
      await sandbox.delete()
      await daytona[Symbol.asyncDispose]()
    })

    test('code finds what earlier code has left, in the work dir', async () => {
      const { codeInterpreter } = sandbox
      const begun = performance.now()
      await codeInterpreter.runCode('import os\nkept = [1]\ndef more(): kept.append(len(kept) + 1)')
      const firstMs = performance.now() - begun
      await codeInterpreter.runCode('more()\nmore()')
      const result = await codeInterpreter.runCode('print(kept, os.getcwd(), os.environ["OF_SANDBOX"])')
      assert.deepEqual(result, { stdout: '[1, 2, 3] /home/daytona yes\n', stderr: '' })
      assert.ok(firstMs < 5000, `the first run took ${firstMs} ms`)
    })

    test('both streams come while the code runs', async () => {
      const seen: string[] = []
      const times: number[] = []
      const code = [
        'import subprocess, sys, time',
        'print("Name: ", end="")',
        'time.sleep(0.5)',
        'print("ä€😀", file=sys.stderr)',
        'subprocess.run("echo program", shell=True)',
      ].join('\n')
      const result = await sandbox.codeInterpreter.runCode(code, {
        onStdout: ({ output }) => {
          times.push(performance.now())
          seen.push(`out ${output}`)
        },
        onStderr: ({ output }) => void seen.push(`err ${output}`),
      })
      assert.deepEqual(result, { stdout: 'Name: program\n', stderr: 'ä€😀\n' })
      assert.deepEqual(seen.sort(), ['err ä€😀\n', 'out Name: ', 'out program\n'])
      assert.ok((times[1] ?? 0) - (times[0] ?? 0) > 300, 'the prompt came late')
    })

    test('much output comes whole', async () => {
      const { stdout } = await sandbox.codeInterpreter.runCode('for n in range(100_000): print(n)')
      assert.equal(stdout, Array.from({ length: 100_000 }, (_, n) => `${n}\n`).join(''))
      const line = await sandbox.codeInterpreter.runCode('print("x" * 20_000_000, end="")')
      assert.equal(line.stdout.length, 20_000_000)
    })

    test('an error has its name, its text and its lines', async () => {
      let told: unknown
      const { error, stdout } = await sandbox.codeInterpreter.runCode(
        'def check(n):\n    if n > 1: raise ValueError("on purpose")\nprint("before")\ncheck(2)',
        {
          onError: (failure) => {
            told = failure
          },
        },
      )
      assert.equal(stdout, 'before\n')
      assert.deepEqual([error?.name, error?.value], ['ValueError', 'on purpose'])
      assert.match(
        error?.traceback ?? '',
        /^Traceback[\s\S]*File "<stdin>", line 4, in <module>\n {4}check\(2\)\n[\s\S]*line 2/,
      )
      assert.doesNotMatch(error?.traceback ?? '', /interpreter\.py/)
      assert.deepEqual(told, error)
      assert.equal((await sandbox.codeInterpreter.runCode('if')).error?.name, 'SyntaxError')
    })

    test('a timeout is an error of its class, and the variables stay', async () => {
      const { codeInterpreter } = sandbox
      await assert.rejects(
        codeInterpreter.runCode('slow = 1\nwhile True: slow += 1', { timeout: 1 }),
        sdk.DaytonaTimeoutError,
      )
      assert.equal((await codeInterpreter.runCode('print(slow > 1)')).stdout, 'True\n')
    })

    test('the end of Python is told at once, and the context starts anew', async () => {
      const context = await sandbox.codeInterpreter.createContext()
      const run = (code: string) => sandbox.codeInterpreter.runCode(code, { context })
      const { stdout, error } = await run('import os\nprint("last words")\nos._exit(1)')
      assert.equal(stdout, 'last words\n')
      assert.equal(error?.name, 'WorkerProcessError')
      assert.match(error?.value ?? '', /exit code 1/)
      assert.deepEqual(await run('print("os" in dir())'), { stdout: 'False\n', stderr: '' })
      await sandbox.codeInterpreter.deleteContext(context)
    })

    test('variables of the environment are for one run', async () => {
      const { codeInterpreter } = sandbox
      const code = 'import os\nprint(os.environ.get("WHO"))'
      assert.equal((await codeInterpreter.runCode(code, { envs: { WHO: "it's me" } })).stdout, "it's me\n")
      assert.equal((await codeInterpreter.runCode(code)).stdout, 'None\n')
    })

    test('contexts are worlds of their own', async () => {
      const { codeInterpreter } = sandbox
      await sandbox.fs.createFolder('project', '755')
      await sandbox.fs.uploadFile(Buffer.from('answer = 42\n'), 'project/facts.py')
      const [one, two] = [await codeInterpreter.createContext('project'), await codeInterpreter.createContext()]
      assert.equal(one.cwd, '/home/daytona/project')
      assert.deepEqual([one.language, one.active], ['python', true])
      const listed = await codeInterpreter.listContexts()
      assert.deepEqual(
        listed.map(({ id }) => id),
        [one.id, two.id],
      )
      const there = await codeInterpreter.runCode('import facts\nprint(facts.answer)', { context: one })
      assert.equal(there.stdout, '42\n')
      const elsewhere = await codeInterpreter.runCode('import facts', { context: two })
      assert.equal(elsewhere.error?.name, 'ModuleNotFoundError')
      await codeInterpreter.deleteContext(one)
      await assert.rejects(
        codeInterpreter.runCode('1', { context: one }),
        (error: Error) => error instanceof sdk.DaytonaConnectionError && /context not found/.test(error.message),
      )
      await assert.rejects(codeInterpreter.deleteContext(one), sdk.DaytonaNotFoundError)
      await codeInterpreter.deleteContext(two)
      assert.deepEqual(await codeInterpreter.listContexts(), [])
      await assert.rejects(codeInterpreter.createContext('no/such'), /does not exist/)
    })

    test('libraries of the default snapshot work, figures without a screen', async () => {
      const code = [
        'import matplotlib.pyplot as plt, numpy as np',
        'plt.plot(np.arange(3) ** 2)',
        'plt.savefig("figure.png")',
        'print(plt.get_backend().lower())',
      ].join('\n')
      const { stdout, error } = await sandbox.codeInterpreter.runCode(code)
      assert.equal(error, undefined)
      assert.equal(stdout, 'agg\n')
      assert.ok((await sandbox.fs.getFileDetails('figure.png')).size > 1000)
    })
  })
}
