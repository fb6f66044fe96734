import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  Daytona,
  DaytonaAuthenticationError,
  DaytonaConnectionError,
  DaytonaNotFoundError,
  DaytonaValidationError,
  type Sandbox,
} from '../../../sdk/src/index.ts'
import { startTestPlatform } from '../../fixtures/platform.ts'

const platform = await startTestPlatform(['--volume-size', '1'])
after(() => platform.remove())
const daytona = new Daytona({ apiUrl: platform.apiUrl, apiKey: platform.apiKey })
let sandbox: Sandbox
before(async () => {
  sandbox = await daytona.create({
    name: 'first',
    language: 'typescript',
    labels: { team: 'one' },
    envVars: { COLOR: 'blue' },
  })
})

test('a sandbox is as it was asked for, and found by its id, name and labels', async () => {
  assert.deepEqual(
    [sandbox.name, sandbox.state, sandbox.labels.team, sandbox.env?.COLOR],
    ['first', 'started', 'one', 'blue'],
  )
  assert.equal((await daytona.get('first')).id, sandbox.id)
  assert.equal((await daytona.getSandbox(sandbox.id)).name, 'first')
  assert.equal((await daytona.findOne({ labels: { team: 'one' } })).id, sandbox.id)
  assert.equal((await daytona.findOne({ idOrName: 'first' })).id, sandbox.id)
  await assert.rejects(daytona.findOne({ labels: { team: 'none' } }), DaytonaNotFoundError)
  assert.equal((await sandbox.process.executeCommand('echo $COLOR')).result, 'blue\n')
})

test('what happens to sandboxes is told', async () => {
  const events = daytona.events()
  const told: string[] = []
  events.on('sandbox.state.updated', ({ sandbox, newState }) => told.push(`${sandbox.name} ${newState}`))
  await events.ready()
  await using _ = await daytona.create({ name: 'told' })
  await events.ready()
  for (const deadline = Date.now() + 10_000; !told.includes('told started'); await sleep(20))
    assert.ok(Date.now() < deadline, `told: ${told}`)
  await events.close()
  assert.equal(events.status(), 'closed')
})

test('listings go over their pages, and what they find is whole after a refresh', async () => {
  await using second = await daytona.create({ name: 'second', labels: { team: 'two' } })
  const names: string[] = []
  for await (const each of daytona.list({ limit: 1, sort: 'name', order: 'asc' })) names.push(each.name)
  assert.deepEqual(names, ['first', 'second'])
  const [found] = await daytona.listSandboxes({ labels: { team: 'two' }, states: ['started'] })
  assert.deepEqual([found?.id, found?.env], [second.id, undefined])
  await found?.refreshData()
  assert.deepEqual(found?.env, {})
  assert.equal((await found?.process.executeCommand('echo here'))?.result, 'here\n')
})

test('stop, start, pause, resize, archive, and the settings of one', async () => {
  await sandbox.process.executeCommand('echo kept >kept')
  await sandbox.stop()
  await sandbox.waitUntilStopped(1)
  assert.equal(sandbox.state, 'stopped')
  await sandbox.resize({ memory: 2 })
  await sandbox.waitForResizeComplete(1)
  assert.deepEqual([sandbox.memory, sandbox.state], [2, 'stopped'])
  await assert.rejects(sandbox.waitUntilStarted(1), /did not start within 1 s/)
  await sandbox.start()
  assert.equal((await sandbox.process.executeCommand('cat kept')).result, 'kept\n')
  await sandbox.pause()
  assert.equal(sandbox.state, 'paused')
  await daytona.start(sandbox)
  await sandbox.setAutostopInterval(7)
  await sandbox.setAutoArchiveInterval(8)
  await sandbox.setAutoDeleteInterval(9)
  await sandbox.setAutoWake(false)
  await sandbox.setTtl(600)
  await sandbox.setPublic(true)
  const { autoStopInterval, autoArchiveInterval, autoDeleteInterval, autoWake, autoDestroyAt } = sandbox
  assert.deepEqual([autoStopInterval, autoArchiveInterval, autoDeleteInterval, autoWake], [7, 8, 9, false])
  assert.ok(autoDestroyAt !== undefined && sandbox.public)
  await sandbox.setTtl(0)
  assert.equal(sandbox.autoDestroyAt, undefined, 'what the answer no longer has is gone from the object')
  await sandbox.setAutostopInterval(0)
  await sandbox.setAutoPauseInterval(5)
  assert.equal(sandbox.autoPauseInterval, 5)
  await sandbox.setAutoPauseInterval(0)
  assert.deepEqual(await sandbox.setLabels({ team: 'three' }), { team: 'three' })
  await sandbox.refreshActivity()
  await daytona.stop(sandbox)
  await sandbox.archive()
  assert.match(sandbox.state, /archiv/)
  await sandbox.start()
  assert.equal((await sandbox.process.executeCommand('cat kept')).result, 'kept\n')
  await assert.rejects(sandbox.recover(), DaytonaValidationError)
})

test('forks, snapshots, volumes and warm pools', async () => {
  await sandbox.process.executeCommand('echo copied >copied')
  await using child = await sandbox.fork({ name: 'child' })
  assert.equal((await child.process.executeCommand('cat copied')).result, 'copied\n')
  assert.deepEqual(
    (await sandbox.forks()).map(({ name }) => name),
    ['child'],
  )
  await using other = await daytona.fork(sandbox)
  assert.equal(other.state, 'started')

  await sandbox.createSnapshot('saved')
  assert.equal((await daytona.snapshot.get('saved')).state, 'active')
  const all = []
  for await (const each of daytona.snapshot.listAll({ limit: 1 })) all.push(each.name)
  assert.ok(all.includes('saved') && all.length > 1, all.join())
  assert.equal((await daytona.snapshot.list(1, 1)).items.length, 1)

  const volume = await daytona.volume.get('my-volume', true)
  assert.equal((await daytona.volume.get('my-volume', true)).id, volume.id)
  assert.equal((await daytona.volume.list()).length, 1)
  const made = await daytona.create({
    snapshot: 'saved',
    volumes: [{ volumeId: volume.id, mountPath: '/home/daytona/volume' }],
  })
  assert.equal((await made.process.executeCommand('cat copied')).result, 'copied\n')
  await made.fs.uploadFile(Buffer.from('Hello from volume!'), '/home/daytona/volume/test.txt')
  assert.equal((await made.fs.readFile('/home/daytona/volume/test.txt')).toString('utf-8'), 'Hello from volume!')
  await daytona.delete(made, 60, true)
  assert.equal(made.state, 'destroyed')
  await daytona.volume.delete('my-volume')
  await assert.rejects(daytona.volume.get('my-volume'), DaytonaNotFoundError)

  const pool = await daytona.warmPool.create({ snapshot: 'saved', pool: 1 })
  assert.equal((await daytona.warmPool.update(pool.id, { pool: 0 })).pool, 0)
  assert.deepEqual(
    (await daytona.warmPool.list()).map(({ id }) => id),
    [pool.id],
  )
  await daytona.warmPool.delete(pool.id)
  await daytona.snapshot.delete('saved')
  await assert.rejects(daytona.snapshot.get('saved'), DaytonaNotFoundError)
})

test('secrets are kept, changed and forgotten', async () => {
  const made = await daytona.secret.create({ name: 'token', value: 'first', hosts: ['example.com'] })
  assert.deepEqual([made.name, made.hosts], ['token', ['example.com']])
  assert.equal((await daytona.secret.get(made.id)).name, 'token')
  assert.deepEqual((await daytona.secret.update(made.id, { hosts: ['example.org'] })).hosts, ['example.org'])
  assert.deepEqual(
    (await daytona.secret.list({ name: 'tok' })).items.map(({ id }) => id),
    [made.id],
  )
  await sandbox.updateSecrets({ TOKEN: 'token' })
  assert.deepEqual(sandbox.secrets, [{ TOKEN: 'token' }])
  await sandbox.updateSecrets({})
  await daytona.secret.delete(made.id)
  await assert.rejects(daytona.secret.get(made.id), DaytonaNotFoundError)
})

test('previews: links, signed links and their end', async () => {
  await sandbox.setPublic(false)
  const session = await sandbox.process.openSession()
  await sandbox.fs.writeFile('site/index.html', 'a page')
  await sandbox.process.executeSessionCommand(session.sessionId, {
    command:
      "python3 -m http.server 3000 || node -e \"require('http').createServer((q,r)=>r.end('a page')).listen(3000)\"",
    cwd: 'site',
    runAsync: true,
  })
  const link = await daytona.previewLink({ id: sandbox.id, port: 3000, description: 'a site', checkServer: true })
  assert.deepEqual(link, { ...(await sandbox.getPreviewUrl(3000)), description: 'a site' })
  assert.deepEqual(await sandbox.getPreviewLink(3000), await sandbox.getPreviewUrl(3000))
  assert.deepEqual(await ask(link.url, { 'x-daytona-preview-token': link.token }), [200, 'a page'])
  assert.notEqual((await ask(link.url))[0], 200)
  const signed = await sandbox.getSignedPreviewUrl(3000, 60)
  assert.deepEqual(await ask(signed.url), [200, 'a page'])
  await sandbox.expireSignedPreviewUrl(3000, signed.token)
  // What was granted is remembered for a second.
  for (let round = 0; round < 50 && (await ask(signed.url))[0] === 200; round += 1) await sleep(100)
  assert.notEqual((await ask(signed.url))[0], 200)
  await session[Symbol.asyncDispose]()
})

test('network settings, what they refuse, SSH access and metrics', async () => {
  await sandbox.updateNetworkSettings({ networkBlockAll: true })
  assert.equal(sandbox.networkBlockAll, true)
  assert.ok(Array.isArray(await sandbox.networkRefusals()))
  await sandbox.updateNetworkSettings({ networkBlockAll: false })
  const access = await sandbox.createSshAccess(5)
  assert.match(access.sshCommand, /^ssh /)
  assert.deepEqual(await sandbox.validateSshAccess(access.token), { valid: true, sandboxId: sandbox.id })
  await sandbox.revokeSshAccess(access.token)
  assert.equal((await sandbox.validateSshAccess(access.token)).valid, false)
  const metrics = await sandbox.getMetricsLatest()
  assert.ok(metrics.memTotal > 0 && metrics.timestamp instanceof Date)
})

test('errors have their class, code, status and hint', async () => {
  await assert.rejects(daytona.get('nobody'), (error: DaytonaNotFoundError) => {
    assert.ok(error instanceof DaytonaNotFoundError)
    assert.deepEqual([error.statusCode, error.status, error.code, error.source], [404, 404, 'NOT_FOUND', 'DAYTONA_API'])
    return true
  })
  const stranger = new Daytona({ apiUrl: platform.apiUrl, apiKey: 'dtn_wrong' })
  await assert.rejects(stranger.listSandboxes(), (error: DaytonaAuthenticationError) => {
    assert.ok(error instanceof DaytonaAuthenticationError)
    assert.match(error.hint ?? '', /API key/)
    return true
  })
  await assert.rejects(daytona.create({ name: '<b>' }), DaytonaValidationError)
  const nowhere = new Daytona({ apiUrl: 'http://127.0.0.1:1/api', apiKey: 'dtn_x' })
  await assert.rejects(nowhere.get('x'), DaytonaConnectionError)
})

test('a sandbox goes with `await using`, and once more is no error', async () => {
  let id = ''
  {
    await using short = await daytona.create()
    id = short.id
    await short.delete(60, true)
  }
  await daytona.destroySandbox({ id })
  await sandbox.delete()
})

/** Status and body of a preview, whose name no resolver of this machine has to know. */
async function ask(url: string, headers: Record<string, string> = {}): Promise<[number | undefined, string]> {
  const { host, port, pathname, search } = new URL(url)
  const sent = request({ host: '127.0.0.1', port, path: `${pathname}${search}`, headers: { ...headers, host } }).end()
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  return [answer.statusCode, await text(answer)]
}
