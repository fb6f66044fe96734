import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Engine, SandboxSpec } from '@sandyard/protocol'
import { type Outside, openOutside } from '../../../../test/fixtures/outside.ts'
import { startGitOutside } from '../../../../test/fixtures/outside-git.ts'
import { createGround, execute, send, skipWithoutRoot, specOf } from '../engine.fixture.ts'

/** In the default snapshot: our git beside the image's own settings, certificates and programs. */
describe('git in a sandbox', { skip: skipWithoutRoot }, () => {
  let engine: Engine
  let outside: Outside
  let spec: SandboxSpec
  const stack = new AsyncDisposableStack()

  before(async () => {
    outside = await openOutside()
    stack.defer(() => outside.close())
    const ground = await createGround()
    stack.defer(() => ground.remove())
    engine = await ground.open()
    stack.defer(() => engine.close())
    spec = specOf({ memoryGib: 1 })
    await engine.create(spec)
    stack.defer(() => engine.destroy(spec.id))
  })
  after(() => stack.disposeAsync())

  const call = (path: string, body: object) => send(engine, spec.id, 'POST', `/git/${path}`, body)

  it('takes in a large repository within 1 GiB of memory', { timeout: 120_000 }, async () => {
    const remote = await startGitOutside(outside, [{ name: 'large.git', bulk: { mib: 200, files: 10_000 } }])
    const answer = await call('clone', { url: `${remote}large.git`, path: 'large', depth: 1 })
    assert.equal(answer.status, 200, answer.text)
    const { result } = await execute(engine, spec.id, 'cd large && stat -c %s large.bin && find small -type f | wc -l')
    assert.equal(result, `${200 * 2 ** 20}\n10000\n`)
    const status = await send(engine, spec.id, 'GET', '/git/status?path=large')
    assert.deepEqual(status.json.fileStatus, [])
    assert.equal((await send(engine, spec.id, 'GET', '/git/history?path=large')).json.length, 1, 'of depth 1')
  })

  it('trusts the certificates that it is told of, or none where that is asked for', async () => {
    const remote = await startGitOutside(outside, [{ name: 'a.git' }], ['--tls'])
    const url = `${remote}a.git`
    const refused = await call('clone', { url, path: 'tls' })
    assert.equal(refused.json.code, 'GIT_TRANSPORT_FAILED', refused.text)
    assert.match(refused.json.message, /certificate/)
    const unchecked = await call('clone', { url, path: 'tls', insecure_skip_tls: true })
    assert.equal(unchecked.status, 200, unchecked.text)
    assert.equal((await call('pull', { path: 'tls' })).json.code, 'GIT_TRANSPORT_FAILED', 'it was for that call')

    const read = `echo | openssl s_client -connect ${new URL(url).host} 2>/dev/null | openssl x509 > own.pem`
    assert.equal((await execute(engine, spec.id, read)).exitCode, 0)
    const file = '/home/daytona/own.pem'
    assert.equal((await call('config', { key: 'http.sslCAInfo', value: file })).status, 200)
    assert.equal((await call('pull', { path: 'tls' })).status, 200)
    await execute(engine, spec.id, 'git config --global --unset http.sslCAInfo')
    assert.equal((await call('pull', { path: 'tls' })).status, 502)
    const named = (variables: object) => send(engine, spec.id, 'POST', '/env', variables)
    for (const name of ['SSL_CERT_FILE', 'GIT_SSL_CAINFO']) {
      await named({ set: { [name]: file } })
      assert.equal((await call('pull', { path: 'tls' })).status, 200, name)
      await named({ unset: [name] })
    }
  })

  it('is disturbed by no library of the image, and reads its settings', async () => {
    const libraries = '/usr/lib/x86_64-linux-gnu:/usr/lib/aarch64-linux-gnu'
    const preload = '/usr/lib/x86_64-linux-gnu/libpthread.so.0'
    await send(engine, spec.id, 'POST', '/env', { set: { LD_LIBRARY_PATH: libraries, LD_PRELOAD: preload } })
    assert.equal((await call('init', { path: 'fresh' })).status, 201)
    const { json } = await send(engine, spec.id, 'GET', '/git/branches?path=fresh')
    assert.equal(json.current, 'main', 'as /etc/gitconfig says')
    await send(engine, spec.id, 'POST', '/env', { unset: ['LD_LIBRARY_PATH', 'LD_PRELOAD'] })
  })
})
