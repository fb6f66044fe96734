import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Sandbox } from '@daytonaio/sdk'
import { type Hosts, openHosts } from '../../engine/src/local/secrets/hosts.fixture.ts'
import { clients, connect } from '../clients/typescript/clients.ts'
import { startTestPlatform, type TestPlatform } from '../fixtures/platform.ts'

const client = clients.find(({ isNewest }) => isNewest) ?? assert.fail('there is a newest client')

/** What a host has seen of a request. */
interface Seen {
  readonly url: string
  readonly headers: readonly string[]
  readonly body: string
}

describe('a secret, from the call that keeps it to the host that gets it', () => {
  let hosts: Hosts
  let platform: TestPlatform
  let daytona: ReturnType<typeof connect>
  let sandbox: Sandbox

  before(async () => {
    hosts = await openHosts()
    platform = await startTestPlatform(['--dns-servers', hosts.one.address, '--ca-file', hosts.trusted])
    daytona = connect(client, platform)
    await daytona.secret.create({ name: 'service', value: 'sk-first', hosts: ['api.one.test'] })
    sandbox = await daytona.create({ secrets: { API_KEY: 'service' } })
  })
  after(async () => {
    await daytona?.[Symbol.asyncDispose]()
    await platform?.remove()
    await hosts?.close()
  })

  const run = async (command: string, inside = sandbox): Promise<string> =>
    (await inside.process.executeCommand(command)).result
  const send = async (args = 'https://api.one.test/', inside = sandbox): Promise<Seen> =>
    JSON.parse(await run(`curl -sS -m 10 -H "Authorization: Bearer $API_KEY" ${args}`, inside)) as Seen
  const bearer = ({ headers }: Seen): string | undefined => headers[headers.indexOf('Authorization') + 1]
  const placeholder = async (): Promise<string> => (await run('printenv API_KEY')).trim()
  const secretId = async (): Promise<string> => (await daytona.secret.list()).items[0]?.id ?? ''

  test('its hosts get the value, others and the sandbox the placeholder', async () => {
    assert.match(await placeholder(), /^dtn_secret_/)
    assert.equal(bearer(await send()), 'Bearer sk-first')
    assert.equal((await send('"https://api.one.test/?key=$API_KEY"')).url, '/?key=sk-first')
    assert.equal((await send('-d "$API_KEY" https://api.one.test/')).body, await placeholder())
    // This client of HTTP/2 sends its header's name in lower case.
    assert.ok((await send('https://other.one.test/')).headers.includes(`Bearer ${await placeholder()}`))
  })

  test('another value counts for the next request, and none once it is taken away', async () => {
    await daytona.secret.update(await secretId(), { value: 'sk-second' })
    assert.equal(bearer(await send()), 'Bearer sk-second')
    const held = await placeholder()
    await sandbox.updateSecrets({})
    assert.equal(bearer(await send(`-H "Authorization: Bearer ${held}" https://api.one.test/`))?.includes('sk-'), false)
    await sandbox.updateSecrets({ API_KEY: 'service' })
    assert.equal(bearer(await send()), 'Bearer sk-second')
  })

  test('a fork uses it too; a sandbox of what was saved has to be given it', async () => {
    const fork = await sandbox._experimental_fork({})
    assert.equal(bearer(await send(undefined, fork)), 'Bearer sk-second')
    await fork.delete()
    await sandbox._experimental_createSnapshot('saved')
    const held = await placeholder()
    const other = await daytona.create({ snapshot: 'saved' })
    const seen = await send(`-k -H "X-Key: ${held}" https://api.one.test/`, other)
    assert.ok(!JSON.stringify(seen).includes('sk-'))
    await other.delete()
  })

  test('a kill of the platform leaves nothing open and nothing lost', async () => {
    await platform.end('SIGKILL')
    await platform.start()
    await daytona[Symbol.asyncDispose]()
    daytona = connect(client, platform)
    sandbox = await daytona.get(sandbox.id)
    assert.equal(bearer(await send()), 'Bearer sk-second')
  })

  test('a deleted secret is nobody’s', async () => {
    const held = await placeholder()
    await daytona.secret.delete(await secretId())
    const seen = await send(`-k -H "X-Key: ${held}" https://api.one.test/`)
    assert.ok(!JSON.stringify(seen).includes('sk-'))
    const audited = JSON.stringify((await platform.call('GET', '/audit')).body)
    assert.doesNotMatch(audited + platform.output(), /sk-(first|second)/)
  })
})
