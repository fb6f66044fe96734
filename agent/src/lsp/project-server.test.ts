import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { until } from '../agent.fixture.ts'
import { isObject } from '../is-object.ts'
import { createEnvironment } from '../processes/environment.ts'
import { findTools } from '../tools.ts'
import { createLanguageServers } from './language-servers.ts'

const question = { method: 'textDocument/documentSymbol', params: (uri: string) => ({ textDocument: { uri } }) }
const signal = new AbortController().signal

test('an idle server ends and comes back with the files that were open', async () => {
  const project = mkdtempSync(join(tmpdir(), 'lsp-idle-'))
  const context = { workDir: project, environment: createEnvironment(process.env), tools: findTools(undefined) }
  const servers = createLanguageServers(context, 300)
  try {
    const path = join(project, 'a.ts')
    writeFileSync(path, 'export class Before {}\n')
    const name = { languageId: 'typescript', pathToProject: project } as const
    await servers.start(name)
    const server = servers.get(name)
    await server.open(path, 'typescript')
    assert.equal(running(), 1)
    const names = async (): Promise<string[]> => {
      const result = await server.askAbout({ path, language: 'typescript' }, question, signal)
      return Array.isArray(result) ? result.map((symbol) => (isObject(symbol) ? String(symbol.name) : '')) : []
    }
    for (let n = 0; n < 6; n++) {
      assert.deepEqual(await names(), ['Before'])
      await delay(100)
      assert.equal(running(), 1, 'it is in use')
    }
    assert.ok(await until(() => running() === 0), 'it ended')
    writeFileSync(path, 'export class After {}\n')
    assert.equal(servers.get(name), server, 'to callers it is there')
    assert.deepEqual(await names(), ['After'])
    assert.equal(running(), 1)
    await servers.stop(name)
    assert.equal(running(), 0)
    assert.throws(() => servers.get(name), { code: 'LSP_SERVER_NOT_INITIALIZED' })
  } finally {
    await servers.endAll(500)
    rmSync(project, { recursive: true })
  }
})

/** Language servers that are children of this process. */
function running(): number {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim()
  return children.split(' ').filter((pid) => pid !== '' && isServer(pid)).length
}

function isServer(pid: string): boolean {
  return existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--lsp')
}
