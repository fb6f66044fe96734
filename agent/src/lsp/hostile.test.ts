import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { limits } from '@sandyard/protocol/limits'
import { startAgent, type TestAgent, until } from '../agent.fixture.ts'
import { good, labels, lspCalls, names, serverPids, write } from './calls.fixture.ts'

const greeter = { python: 'class Greeter:\n    pass\n', typescript: 'export class Greeter {}\n' }
const ends = { python: 'py', typescript: 'ts' }

for (const language of ['python', 'typescript'] as const) {
  const file = `proj/sample.${ends[language]}`
  const open = async (variables: Record<string, string> = {}) => {
    const agent = await startAgent(variables)
    write(agent, { [file]: greeter[language] })
    const lsp = lspCalls(agent, language, 'proj')
    good(await lsp.start())
    return { agent, lsp }
  }

  // A start is most of what a test of one server takes: these share one, which each finds started.
  describe(`${language}, one after the other`, () => {
    let agent: TestAgent
    let lsp: ReturnType<typeof lspCalls>
    before(async () => {
      const opened = await open()
      agent = opened.agent
      lsp = opened.lsp
    })
    beforeEach(async () => {
      write(agent, { [file]: greeter[language] })
      good(await lsp.start())
    })
    after(() => agent[Symbol.asyncDispose]())

    test('a server that is killed is told to those who wait, is forgotten, and starts again', async () => {
      const [pid = 0] = serverPids(agent)
      process.kill(pid, 'SIGSTOP')
      const waiting = [lsp.symbols(file), lsp.find('Greeter'), lsp.complete(file, 0, 0)]
      await delay(200)
      process.kill(pid, 'SIGKILL')
      for (const reply of await Promise.all(waiting)) {
        assert.equal(reply.json.code, 'LSP_SERVER_NOT_INITIALIZED', reply.text)
        assert.match(reply.json.message, /is not there any more.* it ended with 137/)
      }
      assert.match((await lsp.symbols(file)).json.message, /start the .* language server/)
      good(await lsp.start())
      assert.deepEqual(names(await lsp.symbols(file)), ['Greeter'])
    })

    test('stop during requests, and during a start', async () => {
      const [pid = 0] = serverPids(agent)
      process.kill(pid, 'SIGSTOP')
      const waiting = [lsp.symbols(file), lsp.find('Greeter'), lsp.open(file)]
      await delay(200)
      const begun = performance.now()
      good(await lsp.stop())
      assert.ok(performance.now() - begun < 4000)
      for (const reply of await Promise.all(waiting)) assert.ok([200, 400].includes(reply.status), reply.text)
      assert.deepEqual(serverPids(agent), [])

      const starting = lsp.start()
      assert.ok(await until(() => serverPids(agent).length === 1))
      good(await lsp.stop())
      const { status, text } = await starting
      assert.ok(status === 200 || (status === 422 && text.includes('stopped')), `${status} ${text}`) // 200: it was quick
      assert.deepEqual(serverPids(agent), [])
      good(await lsp.start())
      assert.deepEqual(names(await lsp.find('Greeter')), ['Greeter'])
    })

    test('a caller that goes away leaves nothing behind', async () => {
      const [pid = 0] = serverPids(agent)
      process.kill(pid, 'SIGSTOP')
      const query = new URLSearchParams({ languageId: language, pathToProject: 'proj', uri: `file://${file}` })
      for (let round = 0; round < limits.languageServerRequests + 10; round++) {
        const signal = AbortSignal.timeout(50)
        await assert.rejects(agent.call('GET', `/lsp/document-symbols?${query}`, undefined, {}, signal))
      }
      process.kill(pid, 'SIGCONT')
      assert.deepEqual(names(await lsp.symbols(file)), ['Greeter'])
    })

    test('one file opened a thousand times is open once', async () => {
      const replies = await Promise.all(Array.from({ length: 1000 }, () => lsp.open(file)))
      for (const reply of replies) good(reply)
      assert.deepEqual(names(await lsp.symbols(file)), ['Greeter'])
      good(await lsp.close(file))
      assert.deepEqual(names(await lsp.symbols(file)), ['Greeter'])
    })

    test('odd files: huge, one line, no text, no file', async () => {
      const end = ends[language]
      write(agent, {
        [`proj/line.${end}`]: `x = "${'y'.repeat(limits.languageServerFileBytes - 100)}"\n`,
        [`proj/binary.${end}`]: Buffer.from(Array.from({ length: 100_000 }, (_, n) => (n * 7919) % 256)),
        [`proj/huge.${end}`]: '',
        [`proj/empty.${end}`]: '',
      })
      truncateSync(join(agent.home, `proj/huge.${end}`), 40_000_000_000)
      symlinkSync('/dev/zero', join(agent.home, `proj/zero.${end}`))
      symlinkSync(`loop.${end}`, join(agent.home, `proj/loop.${end}`))
      mkdirSync(join(agent.home, `proj/folder.${end}`))
      await agent.run(`mkfifo proj/pipe.${end}`)
      good(await lsp.open(`proj/line.${end}`))
      good(await lsp.symbols(`proj/line.${end}`))
      good(await lsp.open(`proj/binary.${end}`))
      good(await lsp.symbols(`proj/binary.${end}`))
      assert.deepEqual(names(await lsp.symbols(`proj/empty.${end}`)), [])
      const huge = await lsp.open(`proj/huge.${end}`)
      assert.deepEqual([huge.status, /larger than 8388608 bytes/.test(huge.json.message)], [422, true])
      for (const name of ['zero', 'loop', 'folder', 'pipe']) {
        assert.equal((await lsp.open(`proj/${name}.${end}`)).json.code, 'INVALID_FILE_PATH', name)
      }
      rmSync(join(agent.home, `proj/huge.${end}`)) // the server itself would read it
      assert.ok(names(await lsp.find('Greeter')).includes('Greeter'))
    })

    test('the project is removed while its server runs', async () => {
      good(await lsp.open(file))
      rmSync(join(agent.home, 'proj'), { recursive: true })
      assert.deepEqual(names(await lsp.find('Greeter')), [])
      assert.equal((await lsp.symbols(file)).status, 404)
      assert.equal((await lsp.complete(file, 0, 0)).status, 404)
      assert.equal((await lsp.start()).status, 404)
      write(agent, { [file]: greeter[language] })
      assert.deepEqual(names(await lsp.symbols(file)), ['Greeter'])
      assert.deepEqual(names(await lsp.find('Greeter')), ['Greeter'])
      good(await lsp.stop())
    })
  })

  describe(`${language}, on its own`, () => {
    test('a thousand files are open, and not one more', async () => {
      const { agent, lsp } = await open()
      await using _ = agent
      const most = limits.languageServerDocuments
      const path = (n: number): string => `many/f${n}.${ends[language]}`
      // Without it, the server takes all open files for one program and builds that again for each.
      write(agent, { 'many/tsconfig.json': '{}' })
      write(agent, Object.fromEntries(Array.from({ length: most + 1 }, (_, n) => [path(n), greeter[language]])))
      for (let n = 0; n < most; n += 20) {
        const replies = await Promise.all(Array.from({ length: 20 }, (_, k) => lsp.open(path(n + k))))
        for (const reply of replies) good(reply)
      }
      assert.equal((await lsp.open(path(most))).status, 429)
      good(await lsp.open(path(0)))
      assert.deepEqual(names(await lsp.symbols(path(most - 1))), ['Greeter'])
      good(await lsp.close(path(0)))
      good(await lsp.open(path(most)))
    })

    test('servers end with the agent, also when it is killed', async () => {
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        const { agent } = await open()
        await using _ = agent
        const [pid = 0] = serverPids(agent)
        agent.child.kill(signal)
        assert.ok(await until(() => !isAlive(pid)), signal)
      }
    })
  })
}

test('no more servers than the limit', async () => {
  await using agent = await startAgent()
  const most = limits.languageServerCount
  const calls = Array.from({ length: most + 1 }, (_, n) => {
    mkdirSync(join(agent.home, `p${n}`))
    return lspCalls(agent, 'typescript', `p${n}`)
  })
  const replies = await Promise.all(calls.map((lsp) => lsp.start()))
  assert.deepEqual(replies.map(({ status }) => status).sort(), [...Array<number>(most).fill(200), 429])
  assert.equal(serverPids(agent).length, most)
  good(await (calls[0] ?? assert.fail()).start())
  for (const [n, lsp] of calls.entries()) if (replies[n]?.status === 200) good(await lsp.stop())
  assert.deepEqual(serverPids(agent), [])
})

test('a python that hangs does not hang its callers for ever', async () => {
  await using agent = await startAgent()
  await agent.run(`mkdir bin && printf '#!/bin/sh\\nexec sleep 1000\\n' > bin/python3 && chmod +x bin/python3`)
  good(await agent.call('POST', '/env', { set: { PATH: `${agent.home}/bin:/usr/bin:/bin` } }))
  write(agent, { 'proj/sample.py': greeter.python })
  const lsp = lspCalls(agent, 'python', 'proj')
  good(await lsp.start())
  const signal = AbortSignal.timeout(1000)
  const query = 'languageId=python&pathToProject=proj&uri=file://proj/sample.py'
  await assert.rejects(agent.call('GET', `/lsp/document-symbols?${query}`, undefined, {}, signal))
  assert.equal(hasOffspring(agent), true)
  good(await lsp.stop())
  assert.equal(hasOffspring(agent), false, 'the hanging program has ended as well')
})

test('the agent itself stays small', async () => {
  await using agent = await startAgent()
  write(agent, { 'proj/sample.ts': greeter.typescript })
  const lsp = lspCalls(agent, 'typescript', 'proj')
  good(await lsp.start())
  for (let n = 0; n < 50; n++) {
    write(agent, { 'proj/large.ts': `export const x${n} = "${'y'.repeat(4_000_000)}"\n` })
    assert.deepEqual(names(await lsp.symbols('proj/large.ts')), [`x${n}`])
    assert.ok(labels(await lsp.complete('proj/sample.ts', 0, 0)).length > 0)
  }
  const resident = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${agent.child.pid}/status`, 'utf8'))?.[1]) / 1024
  assert.ok(resident < 250, `${resident} MiB`)
})

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** True while a program runs that a server of this agent started: it has the variables of both. */
function hasOffspring({ home }: TestAgent): boolean {
  return readdirSync('/proc').some((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      const variables = readFileSync(`/proc/${name}/environ`, 'latin1')
      return variables.includes(`PATH=${home}/bin`) && variables.includes('SANDYARD_TREE=')
    } catch {
      return false // ended meanwhile
    }
  })
}
