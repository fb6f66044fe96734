import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { toolboxRoutes } from '@sandyard/protocol/toolbox/rows'
import { findOperation } from '../fixtures/recording.ts'
import { clients, type PublishedClient } from './typescript/clients.ts'

/** Kept from the last run of all tests; `npm test` fails at its end when a run records anything else. */
const calls = readFileSync(join(import.meta.dirname, 'calls.txt'), 'utf8')
  .split('\n')
  .filter(Boolean)
const calledBy = (client: string): Set<string> =>
  new Set(calls.filter((line) => line.split(' ')[1] === client).map((line) => line.split(' ')[0] ?? ''))

/** Calls of the newest client that its package of plain calls does not have. */
const onlyInClasses = ['createConnectPtySession']

/** Of our own clients only. */
const ofOurClients = ['attachProgram', 'connectPort', 'killSessionCommand']

/** Kept for clients older than both, or of the Python client only. */
const ofNoTypeScript = ['getProjectDir', 'mouseDown', 'mouseUp', 'keyDown', 'keyUp']

/**
 * What the Python client sends, reads or demands in a form of its own: multipart with all fields first, multipart
 * answers that must end with their boundary, every flag of git always sent, strict types in answers, WebSockets that
 * must close with 1000, subprotocols in another order; and the calls that it alone has.
 */
const pythonForms = [
  'uploadFiles',
  'downloadFiles',
  'listFiles',
  'getFileInfo',
  'gitClone',
  'gitCommit',
  'gitStatus',
  'gitPush',
  'gitPull',
  'gitInit',
  'gitAddRemote',
  'executeCommand',
  'codeRun',
  'executeSessionCommand',
  'getSessionCommandLogs',
  'createConnectPtySession',
  'connectPtySession',
  'getPtySession',
  'executeInterpreterCode',
  'createInterpreterContext',
  'lspCompletions',
  'lspDocumentSymbols',
  'getSystemMetrics',
  'updateEnv',
  'mouseDown',
  'mouseUp',
  'keyDown',
  'keyUp',
]

for (const client of clients) {
  test(`each operation of ${client.name} is called by it in a test`, async () => {
    const operations = await operationsOf(client)
    const called = calledBy(client.isNewest ? 'newest' : '0.190.1')
    assert.deepEqual(
      operations.filter((operation) => !called.has(operation)),
      [],
    )
  })
}

test('each operation with a form that only the Python client has is called by it in a test', () => {
  const called = calledBy('python')
  assert.deepEqual(
    pythonForms.filter((operation) => !called.has(operation)),
    [],
  )
})

test('there is no operation that no client has, but for those that are named here', async () => {
  const known = new Set([...onlyInClasses, ...ofNoTypeScript, ...ofOurClients])
  for (const client of clients) for (const operation of await operationsOf(client)) known.add(operation)
  assert.deepEqual(
    Object.keys(toolboxRoutes).filter((operation) => !known.has(operation)),
    [],
  )
})

/** Our names of all operations that the client's package of plain calls has; fails for one that we do not have. */
async function operationsOf(client: PublishedClient): Promise<string[]> {
  const operations = client.isNewest ? [...onlyInClasses] : []
  for (const [name, make] of Object.entries(client.toolbox)) {
    if (!name.endsWith('AxiosParamCreator')) continue
    type Creator = (...args: readonly string[]) => Promise<{ url: string; options: { method: string } }>
    const creators = (make as (configuration: object) => Record<string, Creator>)(new client.toolbox.Configuration())
    for (const [call, create] of Object.entries(creators)) {
      const { url, options } = await create(...Array.from({ length: create.length }, () => 'x'))
      const operation = findOperation(options.method, url)
      assert.ok(operation, `${client.name} has ${call}, ${options.method} ${url}, and we have not`)
      operations.push(operation)
    }
  }
  return operations
}
