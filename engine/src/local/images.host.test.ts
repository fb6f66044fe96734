import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Engine } from '@sandyard/protocol'
import { type Outside, openOutside } from '../../../test/fixtures/outside.ts'
import { startGitOutside } from '../../../test/fixtures/outside-git.ts'
import { createGround, type EngineGround, execute, send, skipWithoutRoot, specOf, testBase } from './engine.fixture.ts'
import { buildImages, type Images } from './images.fixture.ts'

const login = { username: 'ann', password: 'pa$$ "w%o/r\'d' }
const person = { author: 'Ann', email: 'ann@example.com' }

describe('foreign images', { skip: skipWithoutRoot }, () => {
  let ground: EngineGround
  let engine: Engine
  let images: Images
  let outside: Outside
  let remote: string
  const stack = new AsyncDisposableStack()

  before(async () => {
    const base = await testBase()
    const [standard] = base.snapshots
    assert.ok(standard)
    images = buildImages(standard.rootfs)
    stack.defer(() => images.remove())
    outside = await openOutside()
    stack.defer(() => outside.close())
    remote = await startGitOutside(outside, [
      { name: 'hello.git', ...login },
      { name: 'private.git', isPrivate: true, ...login },
    ])
    ground = await createGround()
    stack.defer(() => ground.remove())
    engine = await ground.open({ snapshots: [...base.snapshots, images.alpine, images.scratch, images.distroless] })
    stack.defer(() => engine.close())
  })
  after(() => stack.disposeAsync())

  /** Calls that every image answers alike. */
  async function withSandbox(
    change: Parameters<typeof specOf>[0],
    use: (call: (method: string, path: string, body?: unknown) => Promise<Answer>, id: string) => Promise<void>,
  ): Promise<void> {
    const spec = specOf(change)
    await engine.create(spec)
    try {
      await use((method, path, body) => send(engine, spec.id, method, path, body), spec.id)
    } finally {
      await engine.destroy(spec.id)
    }
  }

  for (const [image, user, workDir] of [
    ['alpine', 'root', '/work'],
    ['alpine', 'app', '/work'],
    ['scratch', 'root', '/root'],
    ['distroless', '65532', '/home/nonroot'],
  ] as const) {
    it(`${image} as ${user}: files and git`, async () => {
      await withSandbox({ snapshot: image, user }, async (call) => {
        assert.deepEqual((await call('GET', '/work-dir')).json, { dir: workDir })
        await checkFiles(call)
        await checkGit(call)
        if (user !== 'app') await checkLanguageServers(call)
      })
    })
  }

  it('a user without a home is told so', async () => {
    await withSandbox({ snapshot: 'scratch', user: '1234' }, async (call) => {
      assert.deepEqual((await call('GET', '/work-dir')).json, { dir: '/' })
      const stored = await call('POST', '/git/credentials', login)
      assert.equal(stored.json.code, 'FILE_ACCESS_DENIED', stored.text)
      assert.match(stored.json.message, /home folder/)
    })
  })

  async function checkFiles(call: Call): Promise<void> {
    const form = new FormData()
    form.append('file', new Blob(['hello\n']), 'a.txt')
    assert.equal((await call('POST', '/files/upload-v2?path=/tmp/up/a.txt', form)).status, 200)
    assert.equal((await call('GET', '/files/download?path=/tmp/up/a.txt')).text, 'hello\n')
    assert.equal((await call('GET', '/files/info?path=/tmp/up/a.txt')).json.size, 6)
    assert.deepEqual(
      (await call('GET', '/files?path=/tmp/up')).json.map((file: { name: string }) => file.name),
      ['a.txt'],
    )
    const found = await call('GET', '/files/find?path=/tmp/up&pattern=hell')
    assert.deepEqual(found.json, [{ file: '/tmp/up/a.txt', line: 1, content: 'hello' }])
  }

  async function checkGit(call: Call): Promise<void> {
    const ok = async (path: string, body: object): Promise<void> => {
      const answer = await call('POST', `/git/${path}`, body)
      assert.ok(answer.status < 300, `${path}: ${answer.text}`)
    }
    const path = '/tmp/made'
    await ok('init', { path, initial_branch: 'main' })
    const form = new FormData()
    form.append('file', new Blob(['one\n']), 'a.txt')
    assert.equal((await call('POST', `/files/upload-v2?path=${path}/a.txt`, form)).status, 200)
    await ok('add', { path, files: ['.'] })
    await ok('commit', { path, message: 'One', ...person })
    assert.equal((await call('GET', `/git/history?path=${path}`)).json[0].message, 'One\n')

    await ok('clone', { url: `${remote}hello.git`, path: '/tmp/hello' })
    assert.equal((await call('GET', '/git/status?path=/tmp/hello')).json.upstream, 'origin/main')
    assert.equal((await call('GET', '/git/history?path=/tmp/hello')).json.length, 3)
    const refused = await call('POST', '/git/clone', { url: `${remote}private.git`, path: '/tmp/private' })
    assert.equal(refused.json.code, 'GIT_AUTH_FAILED', refused.text)
    await ok('clone', { url: `${remote}private.git`, path: '/tmp/private', ...login })
    const wrong = { url: `${remote}private.git`, path: '/tmp/wrong', ...login, password: 'no' }
    assert.equal((await call('POST', '/git/clone', wrong)).json.code, 'GIT_AUTH_FAILED')
    await ok('credentials', { ...login, protocol: 'http', host: new URL(remote).host })
    await ok('pull', { path: '/tmp/private' })
    await ok('commit', { path: '/tmp/private', message: 'Two', ...person, allow_empty: true })
    await ok('push', { path: '/tmp/private', branch: 'main' })
  }

  async function checkLanguageServers(call: Call): Promise<void> {
    for (const [languageId, name, content] of [
      ['python', 'a.py', 'def answer() -> int:\n    return 42\n'],
      ['typescript', 'a.ts', 'export function answer(): number {\n  return 42\n}\n'],
    ]) {
      const pathToProject = `/tmp/${languageId}`
      const form = new FormData()
      form.append('file', new Blob([content ?? '']), name)
      assert.equal((await call('POST', `/files/upload-v2?path=${pathToProject}/${name}`, form)).status, 200)
      const started = await call('POST', '/lsp/start', { languageId, pathToProject })
      assert.equal(started.status, 200, started.text)
      const query = new URLSearchParams({
        languageId: languageId ?? '',
        pathToProject,
        uri: `file://${pathToProject}/${name}`,
      })
      const symbols = await call('GET', `/lsp/document-symbols?${query}`)
      assert.match(symbols.text, /"name":"answer"/)
      await call('POST', '/lsp/stop', { languageId, pathToProject })
    }
  }

  it('what an image lacks is said', async () => {
    for (const snapshot of ['scratch', 'distroless']) {
      const { user } = images[snapshot as 'scratch' | 'distroless']
      await withSandbox({ snapshot, user }, async (call) => {
        await call('POST', '/git/init', { path: '/tmp/here' })
        const local = await call('POST', '/git/clone', { url: '/tmp/here', path: '/tmp/there' })
        assert.equal(local.status, 422, local.text)
        assert.match(local.json.message, /\/bin\/sh/)
        const ssh = await call('POST', '/git/clone', { url: `git@${outside.address}:a.git`, path: '/tmp/there' })
        // In scratch SSH would have to know who its user is; in the other it comes to find that nobody listens.
        assert.equal(ssh.status, snapshot === 'scratch' ? 422 : 502, ssh.text)
        assert.match(ssh.json.message, snapshot === 'scratch' ? /\/etc\/passwd/ : /Connection refused/)
        const { code } = (await call('POST', '/git/config', { key: 'a.b', value: 'c', scope: 'system' })).json ?? {}
        assert.equal(code, snapshot === 'scratch' ? undefined : 'FILE_ACCESS_DENIED')
        const command = await call('POST', '/process/execute', { command: 'echo $HOME | cat' })
        assert.match(command.text, /shell/)
      })
    }
  })

  it('an image without certificates has ours', async () => {
    const url = `${await startGitOutside(outside, [{ name: 'a.git' }], ['--tls'])}a.git`
    await withSandbox({ snapshot: 'scratch', user: 'root' }, async (call) => {
      // Not that there are none to check with: they were read, and none of them has signed this one.
      const refused = await call('POST', '/git/clone', { url, path: '/tmp/tls' })
      assert.match(refused.json.message, /server certificate verification failed\. CAfile: \/opt\/sandyard\/share\//)
      const taken = await call('POST', '/git/clone', { url, path: '/tmp/tls', insecure_skip_tls: true })
      assert.equal(taken.status, 200, taken.text)
    })
  })

  it('a shell that no list names runs commands and sessions, and local remotes', async () => {
    await withSandbox({ snapshot: 'alpine', user: 'app' }, async (call, id) => {
      const told = await execute(engine, id, 'echo out; echo err >&2; id -u')
      assert.deepEqual(told, { exitCode: 0, result: 'out\nerr\n1000\n' })
      assert.equal((await call('POST', '/process/session', { sessionId: 's' })).status, 201)
      const first = await call('POST', '/process/session/s/exec', { command: 'cd /tmp; X=1' })
      assert.equal(first.status, 200, first.text)
      const second = await call('POST', '/process/session/s/exec', { command: 'echo $PWD $X' })
      assert.match(second.json.output, /\/tmp 1\n/)
      await call('POST', '/git/init', { path: '/tmp/here' })
      await call('POST', '/git/commit', { path: '/tmp/here', message: 'x', ...person, allow_empty: true })
      const local = await call('POST', '/git/clone', { url: '/tmp/here', path: '/tmp/there' })
      assert.equal(local.status, 200, local.text)
    })
  })
})

type Answer = Awaited<ReturnType<typeof send>>
type Call = (method: string, path: string, body?: unknown) => Promise<Answer>
