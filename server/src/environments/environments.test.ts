import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { PlatformError, type StepName, stepNames } from '@sandyard/protocol'
import type { ServerConfig } from '../options.ts'
import { openTestServer, type TestAnswer, type TestServer, testConfig, until } from '../testing/test-server.ts'
import { made, type Scripted, scripted } from './environments.fixture.ts'
import { FinalFailure } from './step.ts'
import { environmentLabel } from './steps/parts.ts'

const repository = 'https://git.example.com/team/app.git'

async function open(script: Scripted = {}, options: { config?: ServerConfig } = {}) {
  const steps = scripted(script)
  const test = await openTestServer({ previewSteps: steps.make, ...options })
  return { test, steps }
}

const post = ({ call }: TestServer, body: object = {}): Promise<TestAnswer> =>
  call('POST /previews', { body: { repository, branch: 'main', ...body } })

async function reaches(test: TestServer, id: string, status: string): Promise<TestAnswer['body']> {
  let body: TestAnswer['body']
  await until(async () => {
    body = (await test.call(`GET /previews/${id}`)).body
    return body?.status === status
  })
  return body
}

test('a preview goes through all steps and is ready', async () => {
  const { test: server, steps } = await open()
  await using test = server
  const { status, body } = await post(test)
  assert.equal(status, 200)
  assert.deepEqual([body.status, body.run, body.url, body.branch], ['queued', 0, null, 'main'])
  const ready = await reaches(test, body.id, 'ready')
  assert.deepEqual(
    ready.steps.map((step: { name: string; state: string; attempts: number }) => [
      step.name,
      step.state,
      step.attempts,
    ]),
    stepNames.map((name) => [name, name === 'prepare' ? 'skipped' : 'done', 1]),
  )
  assert.deepEqual([ready.commit, ready.framework, ready.port], [made.commit, 'express', 3000])
  assert.equal(ready.url, `http://${ready.id}.localhost:3000`)
  const sandbox = await test.call(`GET /sandbox/${ready.sandboxId}`)
  assert.equal(sandbox.body.state, 'started')
  const log = await test.call(`GET /previews/${body.id}/log?follow=true`)
  assert.match(log.body, /== sandbox\n.*== clone\n.*The preview is ready\n$/s)
  assert.deepEqual(steps.begun, stepNames)
  assert.deepEqual(test.faults, [])
})

test('the same branch is the same preview, updated in place', async () => {
  const { test: server, steps } = await open()
  await using test = server
  const { body } = await post(test)
  const first = await reaches(test, body.id, 'ready')
  const again = await post(test, { repository: 'https://GIT.example.com:443/team/app/' })
  assert.equal(again.body.id, body.id)
  const second = await reaches(test, body.id, 'ready')
  assert.deepEqual([second.run, second.sandboxId, second.url], [2, first.sandboxId, first.url])
  assert.equal((await test.call('GET /previews')).body.length, 1)
  assert.equal(steps.begun.length, 2 * stepNames.length)
})

test('without a branch the repository says which, and asking again finds the same', async () => {
  const { test: server } = await open()
  await using test = server
  const { body } = await post(test, { branch: undefined })
  assert.equal(body.branch, null)
  const ready = await reaches(test, body.id, 'ready')
  assert.equal(ready.branch, made.branch)
  assert.equal((await post(test, { branch: undefined })).body.id, body.id)
  assert.equal((await post(test, { branch: made.branch })).body.id, body.id)
})

test('where the branch that was found has a preview already, the run says so', async () => {
  const { test: server } = await open()
  await using test = server
  const named = await post(test, { branch: made.branch })
  await reaches(test, named.body.id, 'ready')
  const other = await post(test, { branch: undefined })
  const failed = await reaches(test, other.body.id, 'failed')
  assert.match(failed.error, /There is a preview of branch trunk already/)
})

test('a step that fails is tried three times, and one that would fail again only once', async () => {
  for (const [error, attempts] of [
    [() => new PlatformError('BAD_GATEWAY', 'The network is away'), 3],
    [() => new FinalFailure('The build is broken'), 1],
  ] as const) {
    const { test: server } = await open({ build: () => Promise.reject(error()) })
    await using test = server
    const { body } = await post(test)
    const failed = await reaches(test, body.id, 'failed')
    const step = failed.steps.find(({ name }: { name: string }) => name === 'build')
    assert.deepEqual(
      [step.state, step.attempts, step.reason, failed.error],
      ['failed', attempts, error().message, error().message],
    )
    assert.deepEqual(
      failed.steps.slice(-2).map(({ state }: { state: string }) => state),
      ['pending', 'pending'],
    )
    const log = (await test.call(`GET /previews/${body.id}/log`)).body
    assert.equal(log.match(/failed: .*; the next in/g)?.length ?? 0, attempts - 1)
    assert.ok(log.endsWith(`error: ${error().message}\n`))
    assert.deepEqual(test.faults, [])
  }
})

test('a step that fails once does not fail the run, and its second try has what the first remembered', async () => {
  const memories: (string | null)[] = []
  const { test: server } = await open({
    async install(work) {
      memories.push(work.memory)
      if (memories.length > 1) return { kind: 'done' }
      await work.remember('half of it')
      throw new PlatformError('BAD_GATEWAY', 'The registry is away')
    },
  })
  await using test = server
  const { body } = await post(test)
  await reaches(test, body.id, 'ready')
  assert.deepEqual(memories, [null, 'half of it'])
})

test('a fault of the platform is told in general words only', async () => {
  const { test: server } = await open({ clone: () => Promise.reject(new Error('inner text')) })
  await using test = server
  const { body } = await post(test)
  const failed = await reaches(test, body.id, 'failed')
  assert.match(failed.error, /A fault of the platform/)
  assert.doesNotMatch((await test.call(`GET /previews/${body.id}/log`)).body, /inner text/)
  assert.ok(test.faults.length > 0)
  test.faults.length = 0
})

test('a newer wish ends the run under way and begins anew', async () => {
  const ends: string[] = []
  const { test: server } = await open({
    async install({ signal, environment }) {
      if (environment.run > 1) return { kind: 'done' }
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      ends.push(signal.reason.name)
      throw signal.reason
    },
  })
  await using test = server
  const { body } = await post(test)
  await until(async () => stepState(await test.call(`GET /previews/${body.id}`), 'install') === 'running')
  await post(test)
  const ready = await reaches(test, body.id, 'ready')
  assert.deepEqual([ready.run, ends], [2, ['RunOutOfDate']])
  assert.equal((await test.call('GET /sandbox')).body.items.length, 1)
})

test('a restart serves from a fresh sandbox, and the old one goes when that serves', async () => {
  const gate = Promise.withResolvers<void>()
  const { test: server } = await open({
    async build({ environment }) {
      if (environment.run === 2) await gate.promise
      return { kind: 'done' }
    },
  })
  await using test = server
  const { body } = await post(test)
  const first = await reaches(test, body.id, 'ready')
  await test.call(`POST /previews/${body.id}/restart`)
  await until(async () => stepState(await test.call(`GET /previews/${body.id}`), 'build') === 'running')
  assert.equal((await test.call(`GET /sandbox/${first.sandboxId}`)).body.state, 'started', 'the old one serves on')
  gate.resolve()
  const second = await reaches(test, body.id, 'ready')
  assert.notEqual(second.sandboxId, first.sandboxId)
  await until(async () => (await test.call(`GET /sandbox/${first.sandboxId}`)).status === 404)
  assert.equal((await test.call('GET /sandbox')).body.items.length, 1)
})

test('with a token git comes before any code of the repository: each update has a fresh sandbox', async () => {
  const { test: server } = await open()
  await using test = server
  const asked = await post(test)
  const plain = await reaches(test, asked.body.id, 'ready')
  await post(test)
  assert.equal((await reaches(test, asked.body.id, 'ready')).sandboxId, plain.sandboxId)
  await post(test, { token: 'ghp_of_the_project' })
  const second = await reaches(test, asked.body.id, 'ready')
  assert.notEqual(second.sandboxId, plain.sandboxId)
  assert.equal(second.url, plain.url)
  await until(async () => (await test.call(`GET /sandbox/${plain.sandboxId}`)).status === 404)
  await post(test)
  assert.notEqual((await reaches(test, asked.body.id, 'ready')).sandboxId, second.sandboxId)
})

test('a restart that fails leaves what served before', async () => {
  const { test: server } = await open({
    build: async ({ environment }) => {
      if (environment.run === 2) throw new FinalFailure('The build is broken')
      return { kind: 'done' }
    },
  })
  await using test = server
  const { body } = await post(test)
  const first = await reaches(test, body.id, 'ready')
  await test.call(`POST /previews/${body.id}/restart`)
  const failed = await reaches(test, body.id, 'failed')
  assert.deepEqual([failed.sandboxId, failed.url], [first.sandboxId, first.url])
  await until(async () => (await test.call('GET /sandbox')).body.items.length === 1)
  assert.equal((await test.call(`GET /sandbox/${first.sandboxId}`)).body.state, 'started')
})

test('deletion ends the run and takes the sandbox, the row and the log along', async () => {
  const { test: server } = await open({
    install: ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
  })
  await using test = server
  const { body } = await post(test)
  await until(async () => stepState(await test.call(`GET /previews/${body.id}`), 'install') === 'running')
  assert.equal((await test.call(`DELETE /previews/${body.id}`)).status, 202)
  await until(async () => (await test.call(`GET /previews/${body.id}`)).status === 404)
  assert.deepEqual((await test.call('GET /sandbox')).body.items, [])
  const anew = await post(test, { branch: 'other' })
  assert.equal(anew.status, 200)
})

test('one that goes and is wanted again is built in a sandbox of its own', async () => {
  const { test: server } = await open()
  await using test = server
  const { body } = await post(test)
  const first = await reaches(test, body.id, 'ready')
  test.engine.knobs.stopDelayMs = 20
  await test.call(`DELETE /previews/${body.id}`)
  const again = await post(test)
  const ready = await reaches(test, again.body.id, 'ready')
  assert.notEqual(ready.sandboxId, first.sandboxId)
  await until(async () => (await test.call(`GET /sandbox/${first.sandboxId}`)).status === 404)
  await until(async () => (await test.call('GET /previews')).body.length === 1)
  assert.equal((await test.call(`GET /previews/${again.body.id}`)).body.status, 'ready')
})

test('a sandbox that its user deletes leaves a failed preview, and the next build makes another', async () => {
  const { test: server } = await open()
  await using test = server
  const { body } = await post(test)
  const first = await reaches(test, body.id, 'ready')
  await test.call(`DELETE /sandbox/${first.sandboxId}`)
  const failed = await reaches(test, body.id, 'failed')
  assert.match(failed.error, /sandbox was deleted/)
  assert.deepEqual([failed.sandboxId, failed.url], [null, null])
  const health = await test.call(`GET /previews/${body.id}/health`)
  assert.deepEqual(health.body, { isAlive: false, status: 'failed', sandboxState: null })
  await post(test)
  assert.notEqual((await reaches(test, body.id, 'ready')).sandboxId, first.sandboxId)
})

test('sandboxes of runs that a crash has cut off from them go; what only carries the label stays', async () => {
  const { test: server } = await open()
  await using test = server
  const { id } = (await post(test)).body
  const { sandboxId } = await reaches(test, id, 'ready')
  const labels = { [environmentLabel]: id }
  const stray = await test.create({ name: `preview-${id}-7`, labels })
  const gone = randomUUID()
  const ofGone = await test.create({ name: `preview-${gone}-1-image`, labels: { [environmentLabel]: gone } })
  const own = await test.create({ name: 'mine', labels })
  await until(async () => {
    await test.server.environments.round()
    return (await test.call(`GET /sandbox/${ofGone.id}`)).status === 404
  })
  await until(async () => (await test.call(`GET /sandbox/${stray.id}`)).status === 404)
  const left = (await test.call('GET /sandbox')).body.items.map((sandbox: { id: string }) => sandbox.id)
  assert.deepEqual(left.sort(), [sandboxId, own.id].sort())
})

test('nothing is built of a suspended organization, and one with previews is not deleted', async () => {
  const { test: server } = await open()
  await using test = server
  const key = await test.stranger()
  const asked = await test.call('POST /previews', { key, body: { repository, branch: 'main' } })
  const { id, organizationId } = asked.body
  await until(async () => (await test.call(`GET /previews/${id}`, { key })).body.status === 'ready')
  assert.equal((await test.server.store.organizations.delete(organizationId, test.clock.nowMs))?.previews, 1)
  await test.call(`POST /organizations/${organizationId}/suspend`, { body: { reason: 'unpaid' } })
  const environment = await test.server.store.environments.byId(id)
  assert.ok(environment !== undefined)
  await test.server.environments.restart(environment)
  await until(async () => (await test.server.store.environments.byId(id))?.status === 'failed')
  assert.equal((await test.server.store.environments.byId(id))?.error, 'The organization is suspended')
})

test('one that rests and wakes on request is alive', async () => {
  const { test: server } = await open()
  await using test = server
  const { body } = await post(test)
  const { sandboxId } = await reaches(test, body.id, 'ready')
  const health = async () => (await test.call(`GET /previews/${body.id}/health`)).body
  assert.deepEqual(await health(), { isAlive: true, status: 'ready', sandboxState: 'started' })
  const { dial } = test.engine
  test.engine.dial = () => Promise.reject(new PlatformError('BAD_GATEWAY', 'Nobody listens'))
  assert.deepEqual(await health(), { isAlive: false, status: 'ready', sandboxState: 'started' })
  test.engine.dial = dial
  await test.call(`POST /sandbox/${sandboxId}/stop`)
  assert.deepEqual(await health(), { isAlive: true, status: 'ready', sandboxState: 'stopped' })
  await test.call(`POST /sandbox/${sandboxId}/autowake/false`)
  assert.deepEqual(await health(), { isAlive: false, status: 'ready', sandboxState: 'stopped' })
})

test('secrets of the project are not in the log, also in pieces', async () => {
  const { test: server } = await open({
    async build({ tell }) {
      for (const piece of ['a toke', 'n-of-mine', '! and hunter', '22 in', ' the open\n']) tell(piece)
      throw new FinalFailure('It said token-of-mine')
    },
  })
  await using test = server
  const { body } = await post(test, { token: 'token-of-mine', env: { DB_PASSWORD: 'hunter22', MODE: 'production' } })
  const failed = await reaches(test, body.id, 'failed')
  assert.equal(failed.error, 'It said ***')
  const log = (await test.call(`GET /previews/${body.id}/log`)).body
  assert.match(log, /a \*\*\*! and \*\*\* in the open/)
  assert.doesNotMatch(log + JSON.stringify(failed), /token-of-mine|hunter22/)
})

test('so many are built at a time, and the last place is for another organization', async () => {
  let now = 0
  let most = 0
  const gate = Promise.withResolvers<void>()
  const script: Scripted = {
    async build() {
      now += 1
      most = Math.max(most, now)
      await gate.promise
      now -= 1
      return { kind: 'done' }
    },
  }
  const { test: server } = await open(script, { config: { ...testConfig, previewBuilds: 3 } })
  await using test = server
  const key = await test.stranger()
  const own = await Promise.all(['a', 'b', 'c', 'd'].map((branch) => post(test, { branch })))
  await until(() => now === 3)
  const other = await test.call('POST /previews', { key, body: { repository, branch: 'x' } })
  await new Promise((resolve) => setTimeout(resolve, 30))
  assert.equal(most, 3)
  assert.equal((await test.call(`GET /previews/${other.body.id}`, { key })).body.status, 'queued')
  assert.equal((await test.call(`GET /previews/${other.body.id}`)).status, 404)
  gate.resolve()
  for (const { body } of own) await reaches(test, body.id, 'ready')
  await until(async () => (await test.call(`GET /previews/${other.body.id}`, { key })).body.status === 'ready')
  assert.equal(most, 3)
})

test('whoever follows a log from before the run sees all of it, and its end', async () => {
  const gate = Promise.withResolvers<void>()
  const { test: server } = await open(
    {
      async build({ tell, environment }) {
        tell(`run ${environment.run}\n`)
        await gate.promise
        return { kind: 'done' }
      },
    },
    { config: { ...testConfig, previewBuilds: 1 } },
  )
  await using test = server
  const first = await post(test, { branch: 'one' })
  test.clock.nowMs += 1
  const second = await post(test, { branch: 'two' })
  assert.equal(second.body.status, 'queued')
  const following = test.call(`GET /previews/${second.body.id}/log?follow=true`)
  await until(async () => stepState(await test.call(`GET /previews/${first.body.id}`), 'build') === 'running')
  gate.resolve()
  assert.match((await following).body, /^\n== sandbox\n.*run 1.*The preview is ready\n$/s)
})

function stepState(answer: TestAnswer, name: StepName): string | undefined {
  return answer.body.steps?.find((step: { name: string }) => step.name === name)?.state
}
