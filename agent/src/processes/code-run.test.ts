import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { isRunning, startAgent, type TestAgent } from '../agent.fixture.ts'

describe('code-run', () => {
  let agent: TestAgent
  before(async () => {
    agent = await startAgent({ GREETING: 'hello' })
    writeFileSync(join(agent.home, 'local_module.py'), 'answer = 42\n')
    const folder = join(agent.home, 'node_modules/things')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'index.js'), 'exports.answer = 42\n')
    mkdirSync(join(agent.home, 'lib'))
    const modules = {
      pairs: 'import { two } from "./two"\nexport type Pair = [number, number]\nexport const one: number = two - 1\n',
      two: 'export const two: number = 2\n',
      index: 'enum A { three = 3 }\nexport default A.three\n',
    }
    for (const [name, text] of Object.entries(modules)) writeFileSync(join(agent.home, `lib/${name}.ts`), text)
  })
  after(() => agent[Symbol.asyncDispose]())

  type Row = readonly [language: string, code: string, exitCode: number, result: string | RegExp, more?: object]
  const table: readonly Row[] = [
    ['python', 'print(sum(range(5)))', 0, '10\n'],
    ['python', 'import sys\nprint(sys.argv)', 0, "['-', 'a b', '$(x)', '-v']\n", { argv: ['a b', '$(x)', '-v'] }],
    ['python', 'import local_module\nprint(local_module.answer)', 0, '42\n'],
    ['python', 'import os, sys; print(os.environ["GREETING"]); print("e", file=sys.stderr)', 0, 'hello\ne\n'],
    ['python', 'import sys\nprint("a"); sys.exit(7)', 7, 'a\n'],
    ['python', 'input()', 1, /EOFError/],
    [
      'python',
      'x = 1\ndef f():\n  raise ValueError("bad")\nf()\n',
      1,
      /^Traceback.*\n {2}File "<target_code>", line 4, in <module>\n {4}f\(\)\n/,
    ],
    ['python', 'x = 1\nif if', 1, /^ {2}File "<target_code>", line 2\n {4}if if\n/],
    [
      'python',
      'from __future__ import annotations\nprint(__name__, sorted(n for n in globals() if n[0] != "_"))',
      0,
      "__main__ ['annotations']\n",
    ],
    [
      'python',
      'import multiprocessing as m\ndef f(): print("child", flush=True)\np = m.Process(target=f); p.start(); p.join()',
      0,
      'child\n',
    ],
    ['javascript', 'console.log(1 + 1); console.error("e")', 0, '2\ne\n'],
    ['javascript', 'console.log(process.argv.slice(1))', 0, "[ 'a b', '-v' ]\n", { argv: ['a b', '-v'] }],
    ['javascript', 'console.log(require("things").answer)', 0, '42\n'],
    ['javascript', 'import { answer } from "things"\nconsole.log(answer, await 1)', 0, '42 1\n'],
    ['javascript', 'const a = 1\n\nthrow new Error("bad")', 1, /\[stdin\]:3\nthrow new Error/],
    ['javascript', 'process.exit(9)', 9, ''],
    ['javascript', 'console.log(require("fs").readFileSync(0, "utf8").length)', 0, '0\n'],
    ['typescript', 'enum A { X = 1 }\nconst a: number = A.X\nconsole.log(a)', 0, '1\n'],
    [
      'typescript',
      'import { answer } from "things"\nimport * as os from "os"\nconst n: number = answer\nconsole.log(n, typeof os.cpus)',
      0,
      '42 function\n',
    ],
    ['typescript', 'const { answer } = require("things"); const n: number = answer; console.log(n)', 0, '42\n'],
    [
      'typescript',
      'import * as os from "os"\nconst { answer } = require("things")\nconsole.log(answer as number, typeof os.cpus)',
      0,
      '42 function\n',
    ],
    ['typescript', 'console.log(process.argv.slice(2) as string[])', 0, "[ 'a' ]\n", { argv: ['a'] }],
    ['typescript', 'const x: string = "a"\nthrow new Error("bad")', 1, /Error: bad\n\s+at .*\]:2/],
    [
      'typescript',
      'import { one, type Pair } from "./lib/pairs"\nimport { two } from "./lib/two.js"\nimport inner from "./lib"\nconst pair: Pair = [one, two]\nconsole.log(pair, inner)',
      0,
      '[ 1, 2 ] 3\n',
    ],
    ['typescript', 'const { one } = require("./lib/pairs"); console.log(one as number)', 0, '1\n'],
    ['typescript', 'console.log((await import("./lib/pairs")).one)\nexport {}', 0, '1\n'],
    ['typescript', 'import fs = require("fs")\nconsole.log(typeof fs.statSync)', 0, 'function\n'],
    ['typescript', 'import { x } from "./none"', 1, /Cannot find module '.*none'(?!.*data:text)/s],
    ['typescript', 'import { Pair } from "./lib/pairs"\nconst p: Pair = [1, 2]', 1, /\[if Pair is a type, import it/],
    ['typescript', 'const f = (c: any) => c\n@f\nclass A {}', 1, /\[decorators are not supported/],
    [
      'typescript',
      'class A { constructor(public x: number) {} }\nnamespace N { export const y = 2 }\nconsole.log(new A(1).x, N.y)',
      0,
      '1 2\n',
    ],
    ['typescript', 'console.log("@not a decorator")\nthrow 1', 1, /^@not a decorator\n(?!.*decorators)/s],
    ['typescript', 'process.exit(3)', 3, ''],
    ['typescript', 'const x: number = ;', 1, /\[stdin\]:1/],
    ['typescript', 'console.log(1 as number)', 0, '1\n', { envs: { PATH: '/nowhere' } }],
    ['javascript', 'console.log(process.argv.length)', 0, '301\n', { argv: Array(300).fill('*') }],
    [
      'python',
      'import sys; print(len(sys.stdin.read()), sys.argv[1:])',
      0,
      "0 ['', '*', '; ls', 'ä']\n",
      { argv: ['', '*', '; ls', 'ä'] },
    ],
    ['python', 'import os; os.kill(os.getpid(), 9)', 137, ''],
    ['python', 'import os; os._exit(300 % 256)', 44, ''],
    ['python', 'raise SystemExit("said")', 1, 'said\n'],
    [
      'python',
      'try:\n  1/0\nexcept ZeroDivisionError as e:\n  raise KeyError("k") from e',
      1,
      /line 2, in <module>\n {4}1\/0.*line 4, in <module>/s,
    ],
    ['python', 'print(1)', 127, /python3: not found/, { envs: { PATH: '/nowhere' } }],
    ['javascript', 'console.log(1)', 0, '1\n', { envs: { PATH: '/nowhere' } }],
  ]
  for (const [language, code, exitCode, result, more] of table) {
    it(`${language}: ${code.slice(0, 60).replaceAll('\n', '⏎')}`, async () => {
      const reply = await agent.call('POST', '/process/code-run', { code, language, ...more })
      assert.equal(reply.status, 200, reply.text)
      if (typeof result === 'string') assert.equal(reply.json.result, result)
      else assert.match(reply.json.result, result)
      assert.equal(reply.json.exitCode, exitCode)
      const hasCharts = language === 'python' && exitCode !== 127
      assert.deepEqual(reply.json.artifacts, hasCharts ? { charts: [] } : undefined)
    })
  }

  describe('charts', () => {
    const runPython = async (code: string) => {
      const reply = await agent.call('POST', '/process/code-run', { code, language: 'python' })
      assert.equal(reply.status, 200, reply.text)
      return reply.json
    }
    const write = (text: string): string => `import os\nos.write(4, ${JSON.stringify(text)}.encode())\n`

    it('come from their own descriptor, and printed text is never one', async () => {
      const chart = '{"type":"line","title":"t","png":"AA==","elements":[]}\n'
      const answer = await runPython(`${write(chart)}print('${chart.trim()}')`)
      assert.deepEqual(answer.artifacts.charts, [{ type: 'line', title: 't', png: 'AA==', elements: [] }])
      assert.equal(answer.result, chart)
    })

    it('are read field by field, and what is no chart is passed over', async () => {
      const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
      const hostile = [
        'text',
        '7',
        '[]',
        'null',
        '{"type":"cube"}',
        '{"type":["line"]}',
        `{"type":"line","elements":${deep}}`,
        '{"type":"bar","__proto__":{"a":1},"title":7,"x_ticks":[1,"a",null,1e999],"elements":[null,{"value":5,"label":"a"}]}',
        '{"type":"line","elements":[{"points":[[1,2],[1],[1,"2"],[1,2,3],5,null]}]}',
        '{"type":"composite_chart","elements":[{"type":"composite_chart","elements":[{"type":"pie","label":"x"}]}]}',
        '{"type":"pie","elements":[]',
      ]
      const { charts } = (await runPython(write(hostile.join('\n')))).artifacts
      assert.deepEqual(charts, [
        { type: 'bar', title: '', x_ticks: [1], elements: [{ label: 'a' }] },
        { type: 'line', title: '', elements: [{ points: [[1, 2]] }] },
        { type: 'composite_chart', title: '', elements: [{ type: 'unknown', title: '', elements: [{ label: 'x' }] }] },
      ])
    })

    it('are bounded together, and missing ones are said', async () => {
      const code = `
import os
def write(data):
    while data: data = data[os.write(4, data):]
write(b'{"type":"pie","png":"' + b'A' * 1000 + b'"}\\n')
write(b'{"dropped":true}\\n')
for i in range(40): write(b'{"type":"pie","png":"' + b'A' * 1000000 + b'"}\\n')
print('end')
`
      const { artifacts, result } = await runPython(code)
      assert.equal(artifacts.charts.length, 17)
      assert.match(result, /^end\n\n\[charts dropped: 2 of those shown are missing, .* 16777216 bytes, .*\]\n$/)
    })

    it('are nothing that children inherit, and nothing that a fork which lives on can hold up', async () => {
      const code = `
import os, subprocess, time
print(subprocess.run(['ls', '/proc/self/fd'], capture_output=True, text=True, close_fds=False).stdout.split().count('4'))
if os.fork() == 0:
    os.closerange(0, 3)
    time.sleep(5)
    os._exit(0)
`
      const begin = performance.now()
      const { result } = await runPython(code)
      assert.ok(performance.now() - begin < 2000)
      assert.equal(result, '0\n')
    })
  })

  it('kills code at its timeout, with what it started', async () => {
    const code = 'import subprocess\nprint("begun")\nsubprocess.run(["setsid", "sleep", "81.5"])'
    const reply = await agent.call('POST', '/process/code-run', { code, language: 'python', timeout: 1 })
    assert.equal(reply.status, 408)
    assert.match(reply.json.message, /timeout.*begun/s)
    assert.equal(await isRunning(agent, 'sleep 81.5'), false)
  })

  for (const body of [{ code: '', language: 'python' }, { code: 'x', language: 'cobol' }, { code: 'x' }]) {
    it(`refuses ${JSON.stringify(body)}`, async () => {
      const reply = await agent.call('POST', '/process/code-run', body)
      assert.equal(reply.status, 400)
      assert.equal(reply.json.code, 'INVALID_REQUEST_BODY')
    })
  }
})
