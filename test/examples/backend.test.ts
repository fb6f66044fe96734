import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { after, before, describe, test } from 'node:test'
import {
  type Backend,
  type BackendType,
  CommandError,
  type Config,
  createBackend,
  reconnect,
} from '../../examples/backend/backend.ts'
import { LocalBackend } from '../../examples/backend/local-backend.ts'
import { startGitServer } from '../fixtures/git-server.ts'
import { layGround } from '../fixtures/ground.ts'
import { openOutside } from '../fixtures/outside.ts'
import { startGitOutside } from '../fixtures/outside-git.ts'
import { startTestPlatform } from '../fixtures/platform.ts'
import { visit } from '../fixtures/visit.ts'

const repository = { name: 'octocat/hello.git', branches: ['master'] }

const { near, far, platform, localPort } = await layGround(async (ground) => {
  const server = await startGitServer({ repositories: [repository] })
  ground.defer(() => server.close())
  const outside = await openOutside()
  ground.defer(() => outside.close())
  const far = await startGitOutside(outside, [repository])
  const platform = await startTestPlatform()
  ground.defer(() => platform.remove())
  process.env.DAYTONA_API_URL = platform.apiUrl
  process.env.DAYTONA_API_KEY = platform.apiKey
  return { near: server.url(''), far, platform, localPort: await freePort() }
})
const sandboxes = async (): Promise<number> => {
  const { body } = await platform.call('GET', '/sandbox')
  return (body as { items: { state: string }[] }).items.filter(({ state }) => !/^destroy/.test(state)).length
}

for (const type of ['local', 'sandyard'] as const) {
  describe(`the backend ${type}`, () => {
    const repoUrl = `${type === 'local' ? near : far}octocat/hello.git`
    const port = type === 'local' ? localPort : 7422
    const agent = {
      port,
      command: `exec node -e "require('node:http').createServer((_, answer) => answer.end('the agent')).listen(${port}, '127.0.0.1')"`,
    }
    const config: Config = { name: `test-${type}`, repoUrl, branchName: 'master', agent }
    const made: Backend[] = []
    const make = (of: Config, as: BackendType = type): Backend => {
      const backend = createBackend(as, of)
      made.push(backend)
      return backend
    }
    let backend: Backend
    before(async () => {
      backend = make(config)
      assert.deepEqual(await backend.status(), { state: 'stopped' })
      await assert.rejects(backend.exec('true'), /not initialized/)
      await backend.setup()
    })
    after(async () => {
      for (const one of made) await one.teardown()
      await LocalBackend.removeSnapshot(`saved-${process.pid}`)
    })

    test('exec: output, exit code, work dir', async () => {
      assert.match(await backend.exec('echo hello'), /hello/)
      assert.equal((await backend.exec('pwd')).trim(), backend.workDir)
      await assert.rejects(backend.exec('echo why >&2; exit 7'), (error: unknown) => {
        assert.ok(error instanceof CommandError)
        return error.exitCode === 7 && error.output === 'why\n' && /exit 7/.test(error.message)
      })
    })

    test('the branch is cloned', async () => {
      assert.equal((await backend.exec('git branch --show-current')).trim(), 'master')
      assert.equal(new TextDecoder().decode(await backend.readFile('src/hello.txt')), 'hello world\n')
    })

    test('files', async () => {
      const path = `/tmp/backend-test-${process.pid}.txt`
      await backend.writeFile(path, 'content')
      assert.equal(new TextDecoder().decode(await backend.readFile(path)), 'content')
      assert.ok((await backend.listFiles('/tmp')).some((file) => file.path === path && file.size === 7 && !file.isDir))
      await backend.exec(`rm ${path}`)
      const bytes = Uint8Array.from([0, 255, 10, 13])
      await backend.writeFile('deep/er/bytes', bytes)
      assert.deepEqual(new Uint8Array(await backend.readFile('deep/er/bytes')), bytes)
      const listed = (await backend.listFiles('.')).map(({ name, isDir }) => `${name} ${isDir}`)
      for (const entry of ['README.md false', 'src true', 'deep true']) assert.ok(listed.includes(entry), entry)
      await assert.rejects(backend.readFile('none'))
      await assert.rejects(backend.listFiles('none'))
    })

    test('status and agent', async () => {
      assert.deepEqual(await backend.status(), { state: 'running', id: backend.sandboxId })
      assert.equal((await visit(backend.agentAddress)).body, 'the agent')
    })

    test('a terminal', async () => {
      await using terminal = await backend.attachPty({ rows: 31, cols: 97 })
      await terminal.write('stty size; echo $((40 + 2)) "$TERM"; exit\n')
      let shown = ''
      for await (const text of terminal.output) shown += text
      assert.match(shown, /31 97/)
      assert.match(shown, /42 xterm-256color/)
    })

    test('found again by its id, and by no other', async () => {
      await backend.writeFile('kept.txt', 'kept')
      const again = await reconnect(type, backend.sandboxId)
      assert.equal((await again.exec('cat kept.txt')).trim(), 'kept')
      assert.equal((await again.status()).state, 'running')
      await assert.rejects(reconnect(type, '/no/such-place'))
    })

    test('a snapshot', async () => {
      const name = await backend.snapshot(`saved-${process.pid}`)
      await backend.writeFile('kept.txt', 'changed')
      const other = make({ name: `other-${type}`, snapshot: name })
      await other.setup()
      assert.notEqual(other.sandboxId, backend.sandboxId)
      assert.equal(new TextDecoder().decode(await other.readFile('kept.txt')), 'kept')
      await assert.rejects(backend.snapshot(name))
    })

    test('a setup that fails leaves nothing', async () => {
      const count = type === 'local' ? 0 : await sandboxes()
      const failing = make({ ...config, name: `failing-${type}`, branchName: 'no-such-branch' })
      await assert.rejects(failing.setup())
      assert.deepEqual([failing.sandboxId, (await failing.status()).state], ['', 'stopped'])
      if (type === 'sandyard') assert.equal(await sandboxes(), count)
      else assert.ok(!readdirSync(tmpdir()).some((name) => name.startsWith('failing-local-')))
    })

    test('torn down, twice', async () => {
      const address = backend.agentAddress
      const id = backend.sandboxId
      await backend.teardown()
      await backend.teardown()
      assert.deepEqual([(await backend.status()).state, backend.agentAddress], ['stopped', ''])
      await assert.rejects(reconnect(type, id).then((again) => again.exec('true')))
      if (type === 'local') await assert.rejects(visit(address))
      else assert.notEqual((await visit(address)).status, 200)
    })
  })
}

test('a type that there is not', () => {
  assert.throws(() => createBackend('docker' as BackendType, { name: 'x' }), /"docker".*local or sandyard/)
})

/** A port that nothing listens on just now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
