import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { limits, permissions } from '@sandyard/protocol'
import { createFakeEngine } from '../../../engine/src/fake/fake-engine.ts'
import { found, join as joinTeam, keyOf, ok, signUp, within } from '../testing/people.ts'
import { secretBody, secretValue } from '../testing/secret-calls.ts'
import { openTestServer, type TestServer, testConfig, until } from '../testing/test-server.ts'

/** Makes a secret and answers it. */
async function make({ call }: TestServer, name: string, hosts?: readonly string[]) {
  const answer = await call('POST /secret', { body: secretBody(name, hosts) })
  assert.equal(answer.status, 201, JSON.stringify(answer.body))
  return answer.body as { id: string; placeholder: string; hosts: string[] }
}

const told = ({ engine }: TestServer, id: string) => engine.specs.get(id)?.secrets
const put = ({ call }: TestServer, id: string, secrets: unknown) =>
  call(`PUT /sandbox/${id}/secrets`, { body: { secrets } })
const untold = async ({ server }: TestServer) =>
  (await server.store.secrets.untoldIn(['started', 'stopped', 'paused', 'archived'], 9)).length

test('a new sandbox has its secrets from the start; its commands get placeholders, its requests values', async () => {
  await using server = await openTestServer()
  const { placeholder } = await make(server, 'mine')
  const { id } = await server.create({ env: { OTHER: '1' }, secrets: [{ API_KEY: 'mine' }, {}] })
  const hosts = ['api.example.com']
  assert.deepEqual(told(server, id), [{ env: 'API_KEY', placeholder, hosts }])
  assert.deepEqual(await server.engine.reveal(id), [{ placeholder, value: secretValue, hosts }])
  assert.deepEqual((await server.call(`GET /sandbox/${id}`)).body.secrets, [{ API_KEY: 'mine' }])
  assert.deepEqual((await server.call(`GET /sandbox/${id}`)).body.env, { OTHER: '1' })
  assert.deepEqual(await server.engine.reveal((await server.create()).id), [])
})

test('no call, event, webhook, log or file of the platform has a value', async (context) => {
  const folder = tempFolder(context)
  const config = testConfig
  await using server = await openTestServer({ folder, storePath: join(folder, 'store.db'), config })
  const { call } = server
  const seen: unknown[] = []
  server.server.feed.subscribe((change) => seen.push(change))
  ok(await call('GET /organizations'))
  const { id } = await make(server, 'mine')
  const another = 'sk-another-value'
  seen.push(ok(await call(`PATCH /secret/${id}`, { body: { value: another, hosts: ['*.example.com'] } })))
  const sandbox = await server.create({ secrets: [{ A: 'mine' }] })
  assert.equal((await server.engine.reveal(sandbox.id))[0]?.value, another)
  seen.push(ok(await put(server, sandbox.id, [{ B: 'mine' }])), ok(await call(`POST /sandbox/${sandbox.id}/fork`)))
  for (const path of [
    '/secret',
    '/secret/paginated',
    `/secret/${id}`,
    `/sandbox/${sandbox.id}`,
    '/sandbox',
    '/admin/audit',
    '/organizations',
    `/organizations/${sandbox.organizationId}/usage`,
  ]) {
    seen.push(ok(await call(`GET ${path}`)))
  }
  // Values of the original's runners: nobody gets them here.
  const resolved = await call(`GET /sandbox/${sandbox.id}/secrets`)
  assert.deepEqual([resolved.status, resolved.body.code], [405, 'METHOD_NOT_ALLOWED'])
  // Given in place of a name, and with a fault beside it.
  seen.push(await put(server, sandbox.id, [{ A: another }]))
  seen.push(await call('POST /secret', { body: { name: 'x', value: another } }))
  seen.push(await call('POST /secret', { body: { name: 'x', value: `${another}\n`, hosts: ['a.example.com'] } }))
  seen.push(await call('POST /sandbox', { body: { secrets: [{ A: another }] } }))
  seen.push(await call('GET /admin/audit'), server.faults)
  const text = JSON.stringify(seen, (_, value) => (value instanceof Headers ? [...value] : value))
  for (const value of [secretValue, another]) {
    assert.ok(!text.includes(value), 'in what was told')
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    assert.ok(files.length > 1)
    for (const { parentPath, name } of files) {
      assert.ok(!readFileSync(join(parentPath, name)).includes(value), `in ${name}`)
    }
  }
})

test('a change of the value or of the hosts counts at once in every sandbox that has the secret', async () => {
  await using server = await openTestServer()
  const { id, placeholder } = await make(server, 'mine')
  const made = await Promise.all([1, 2, 3].map(() => server.create({ secrets: [{ A: 'mine' }] })))
  const ids = made.map((sandbox) => sandbox.id)
  await server.call(`POST /sandbox/${ids[1]}/stop`)
  const without = await server.create()
  const before = server.engine.orders.length
  ok(await server.call(`PATCH /secret/${id}`, { body: { value: 'next' } }))
  assert.equal(server.engine.orders.length, before, 'the engine knows no value')
  assert.equal((await server.engine.reveal(ids[0] ?? ''))[0]?.value, 'next')
  const hosts = ['*.example.org', 'api.example.com']
  ok(await server.call(`PATCH /secret/${id}`, { body: { hosts } }))
  for (const sandbox of ids) {
    assert.deepEqual(told(server, sandbox), [{ env: 'A', placeholder, hosts }])
    assert.deepEqual(await server.engine.reveal(sandbox), [{ placeholder, value: 'next', hosts }])
  }
  assert.equal(told(server, without.id), undefined)
  assert.equal(await untold(server), 0)
})

test('a deleted secret is gone from every sandbox, also from one that waits for its build', async () => {
  await using server = await openTestServer()
  const [mine, other] = [await make(server, 'mine'), await make(server, 'other')]
  const { id } = await server.create({ secrets: [{ A: 'mine' }, { B: 'other' }, { C: 'mine' }] })
  server.engine.knobs.buildDelayMs = 50
  const buildInfo = { dockerfileContent: 'FROM sandyard/default\nRUN true\n' }
  const built = ok(
    await server.call('POST /sandbox', { body: { buildInfo, secrets: [{ A: 'mine' }, { B: 'other' }] } }),
  )
  assert.equal((await server.call(`DELETE /secret/${mine.id}`)).status, 204)
  const left = [{ env: 'B', placeholder: other.placeholder, hosts: other.hosts }]
  assert.deepEqual(told(server, id), left)
  assert.deepEqual(
    (await server.engine.reveal(id)).map(({ placeholder }) => placeholder),
    [other.placeholder],
  )
  assert.deepEqual((await server.call(`GET /sandbox/${id}`)).body.secrets, [{ B: 'other' }])
  await until(async () => (await server.call(`GET /sandbox/${built.body.id}`)).body.state === 'started')
  assert.deepEqual(told(server, built.body.id), left)
  // One of the same name is another one.
  await make(server, 'mine')
  assert.deepEqual((await server.call(`GET /sandbox/${id}`)).body.secrets, [{ B: 'other' }])
})

test('a stopped or archived sandbox takes secrets, a paused one has them when it goes on', async () => {
  await using server = await openTestServer()
  const { placeholder, hosts, id: secretId } = await make(server, 'mine')
  const uses = [{ env: 'A', placeholder, hosts }]
  for (const verbs of [['stop'], ['stop', 'archive']]) {
    const { id } = await server.create()
    for (const verb of verbs) ok(await server.call(`POST /sandbox/${id}/${verb}`))
    await server.server.settled()
    ok(await put(server, id, [{ A: 'mine' }]))
    assert.deepEqual(told(server, id), uses)
  }
  const { id } = await server.create()
  ok(await server.call(`POST /sandbox/${id}/pause`))
  ok(await put(server, id, [{ A: 'mine' }]))
  assert.deepEqual([told(server, id), await untold(server)], [undefined, 1])
  await server.server.reconcile.round()
  assert.equal(told(server, id), undefined)
  const frozen = await server.create()
  ok(await server.call(`POST /sandbox/${frozen.id}/pause`))
  ok(await put(server, frozen.id, [{ A: 'mine' }]))
  ok(await server.call(`POST /sandbox/${frozen.id}/stop`))
  ok(await server.call(`POST /sandbox/${frozen.id}/start`))
  assert.deepEqual(told(server, frozen.id), uses)
  const mine = server.engine.orders.filter((order) => order.endsWith(frozen.id)).map((order) => order.split(' ')[0])
  assert.deepEqual(mine, ['create', 'pause', 'stop', 'setSecrets', 'start'], 'what it runs at its start has them')
  ok(await server.call(`PATCH /secret/${secretId}`, { body: { hosts: ['b.example.com'] } }))
  ok(await server.call(`POST /sandbox/${id}/start`))
  assert.deepEqual([told(server, id), await untold(server)], [[{ ...uses[0], hosts: ['b.example.com'] }], 0])
})

test('what the engine could not be told it is told later, also by the next process', async (context) => {
  const folder = tempFolder(context)
  const storePath = join(folder, 'store.db')
  const engine = createFakeEngine()
  const { id, placeholder } = await (async () => {
    await using server = await openTestServer({ engine, folder, storePath })
    const secret = await make(server, 'mine')
    const sandbox = await server.create({ secrets: [{ A: 'mine' }] })
    engine.knobs.failures.setSecrets = new Error('it broke')
    ok(await server.call(`PATCH /secret/${secret.id}`, { body: { hosts: ['b.example.com'] } }))
    assert.deepEqual(told(server, sandbox.id)?.[0]?.hosts, ['api.example.com'])
    assert.deepEqual((await engine.reveal(sandbox.id))[0]?.hosts, ['b.example.com'], 'what counts is what is stored')
    // The call that asked for it hears of the failure, and what it has asked for holds.
    assert.equal((await put(server, sandbox.id, [{ B: 'mine' }])).status, 500)
    assert.equal(server.faults.splice(0).length, 1)
    assert.deepEqual((await server.call(`GET /sandbox/${sandbox.id}`)).body.secrets, [{ B: 'mine' }])
    return { id: sandbox.id, placeholder: secret.placeholder }
  })()
  delete engine.knobs.failures.setSecrets
  await using server = await openTestServer({ engine, folder, storePath })
  await until(async () => (await untold(server)) === 0)
  assert.deepEqual(told(server, id), [{ env: 'B', placeholder, hosts: ['b.example.com'] }])
})

test('a later change overtakes none before it', async () => {
  await using server = await openTestServer()
  const { id: secretId } = await make(server, 'mine')
  const { id } = await server.create({ secrets: [{ A: 'mine' }] })
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      index % 4 === 3
        ? put(server, id, [{ [`A${index}`]: 'mine' }])
        : server.call(`PATCH /secret/${secretId}`, { body: { hosts: [`h${index}.example.com`] } }),
    ),
  )
  for (const { status } of answers) assert.ok(status === 200 || status === 409, `${status}`)
  await until(async () => (await untold(server)) === 0)
  const { hosts } = (await server.call(`GET /secret/${secretId}`)).body
  const [[env] = []] = (await server.call(`GET /sandbox/${id}`)).body.secrets.map(Object.keys)
  assert.deepEqual(
    told(server, id)?.map((use) => [use.env, use.hosts]),
    [[env, hosts]],
  )
})

test('whoever deletes a secret and whoever gives it to a sandbox meet', async () => {
  await using server = await openTestServer()
  for (let round = 0; round < 10; round++) {
    const { id: secretId } = await make(server, 'mine')
    const { id } = await server.create()
    const [, given, made] = await Promise.all([
      server.call(`DELETE /secret/${secretId}`),
      put(server, id, [{ A: 'mine' }]),
      server.call('POST /sandbox', { body: { secrets: [{ A: 'mine' }] } }),
    ])
    for (const answer of [given, made]) assert.ok([200, 400].includes(answer.status), JSON.stringify(answer.body))
    await until(async () => (await untold(server)) === 0)
    for (const sandbox of [id, made.body.id].filter(Boolean)) {
      if (server.engine.specs.has(sandbox)) assert.deepEqual(told(server, sandbox) ?? [], [])
      assert.deepEqual(await server.engine.reveal(sandbox), [])
      assert.equal((await server.call(`GET /sandbox/${sandbox}`)).body.secrets, undefined)
    }
  }
})

test('a fork has the secrets of its source, a sandbox of a saved snapshot has none', async () => {
  await using server = await openTestServer()
  const { id: secretId } = await make(server, 'mine')
  const source = await server.create({ secrets: [{ A: 'mine' }] })
  const fork = ok(await server.call(`POST /sandbox/${source.id}/fork`)).body
  assert.deepEqual(told(server, fork.id), told(server, source.id))
  assert.equal((await server.engine.reveal(fork.id)).length, 1)
  // Each has its own from there on.
  ok(await put(server, source.id, []))
  assert.equal((await server.engine.reveal(fork.id)).length, 1)
  ok(await server.call(`POST /sandbox/${fork.id}/snapshot`, { body: { name: 'saved' } }))
  const copy = await server.create({ snapshot: 'saved' })
  assert.deepEqual([told(server, copy.id), await server.engine.reveal(copy.id)], [undefined, []])
  assert.equal((await server.call(`DELETE /secret/${secretId}`)).status, 204)
  assert.deepEqual([told(server, fork.id), await server.engine.reveal(fork.id)], [[], []])
})

test('a change while a sandbox is made is there when it is', async () => {
  await using server = await openTestServer({ isRecovered: false })
  const { id: secretId, placeholder } = await make(server, 'mine')
  server.engine.knobs.startDelayMs = 50
  const creating = server.create({ secrets: [{ A: 'mine' }] })
  await until(() => server.engine.orders.some((order) => order.startsWith('create')))
  ok(await server.call(`PATCH /secret/${secretId}`, { body: { hosts: ['b.example.com'] } }))
  const { id } = await creating
  assert.deepEqual(told(server, id), [{ env: 'A', placeholder, hosts: ['b.example.com'] }])
})

test('a sandbox of a pool gets secrets as any other', async () => {
  await using server = await openTestServer()
  const { placeholder, hosts } = await make(server, 'mine')
  ok(await server.call('POST /warm-pools', { body: { snapshot: 'default', pool: 1 } }))
  await until(async () => (await server.call('GET /warm-pools')).body[0].currentSize === 1)
  const warm = [...server.engine.specs.keys()]
  assert.deepEqual(await server.engine.reveal(warm[0] ?? ''), [])
  const { id } = await server.create({ secrets: [{ A: 'mine' }] })
  assert.ok(warm.includes(id))
  assert.deepEqual(told(server, id), [{ env: 'A', placeholder, hosts }])
  assert.equal((await server.engine.reveal(id)).length, 1)
  await server.server.reconcile.round()
  await until(async () => (await untold(server)) === 0)
})

test('values are for sandboxes that live, of organizations that are not suspended', async () => {
  await using server = await openTestServer({ isRecovered: false })
  const ada = await signUp(server, 'ada')
  const team = await found(server, ada)
  const mine = { key: ada.token, headers: within(team) }
  ok(await server.call('POST /secret', { ...mine, body: secretBody('mine') }))
  const body = { secrets: [{ A: 'mine' }] }
  const { id, organizationId } = ok(await server.call('POST /sandbox', { ...mine, body })).body
  const count = async () => (await server.engine.reveal(id)).length
  assert.equal(await count(), 1)
  assert.equal((await server.engine.reveal('nobody')).length, 0)
  ok(await server.call(`POST /organizations/${organizationId}/suspend`, { body: { reason: 'unpaid' } }))
  assert.equal(await count(), 0)
  ok(await server.call(`POST /organizations/${organizationId}/unsuspend`))
  assert.equal(await count(), 1)
  ok(await server.call(`POST /sandbox/${id}/stop`, mine))
  assert.equal(await count(), 1)
  ok(await server.call(`DELETE /sandbox/${id}`, mine))
  assert.equal(await count(), 0)
})

test('a name is found in the own organization only', async () => {
  await using server = await openTestServer()
  const { id } = await make(server, 'mine')
  const key = await server.stranger()
  const refused = await server.call('POST /sandbox', { key, body: { secrets: [{ A: 'mine' }] } })
  assert.equal(refused.status, 400)
  const body = { ...secretBody('mine'), value: 'theirs' }
  ok(await server.call('POST /secret', { key, body }))
  const theirs = ok(await server.call('POST /sandbox', { key, body: { secrets: [{ A: 'mine' }] } })).body
  assert.equal((await server.engine.reveal(theirs.id))[0]?.value, 'theirs')
  for (const request of [`GET /secret/${id}`, `PATCH /secret/${id}`, `DELETE /secret/${id}`]) {
    assert.equal(
      (await server.call(request, { key, ...(request.startsWith('PATCH') ? { body: {} } : {}) })).status,
      404,
    )
  }
  assert.equal((await server.call('GET /secret', { key })).body.length, 1)
})

test('who may change sandboxes may use a secret by its name, and learns nothing more of it', async () => {
  await using server = await openTestServer({ isRecovered: false })
  const [ada, bob] = [await signUp(server, 'ada'), await signUp(server, 'bob')]
  const team = await found(server, ada)
  await joinTeam(server, { organizationId: team, owner: ada, member: bob })
  ok(await server.call('POST /secret', { key: ada.token, headers: within(team), body: secretBody('mine') }))
  const key = await keyOf(server, ada, team, { name: 'worker', permissions: ['write:sandboxes'] })
  const { id } = ok(await server.call('POST /sandbox', { key, body: { secrets: [{ A: 'mine' }] } })).body
  ok(await server.call(`PUT /sandbox/${id}/secrets`, { key, body: { secrets: [{ B: 'mine' }] } }))
  assert.equal((await server.call('GET /secret', { key })).status, 403)
  const all = permissions.filter((permission) => permission !== 'write:sandboxes')
  const keeper = await keyOf(server, ada, team, { name: 'keeper', permissions: all })
  assert.equal((await server.call(`PUT /sandbox/${id}/secrets`, { key: keeper, body: { secrets: [] } })).status, 403)
  const member = { key: bob.token, headers: within(team) }
  assert.equal((await server.call(`PUT /sandbox/${id}/secrets`, { ...member, body: { secrets: [] } })).status, 403)
})

test('so many secrets and no more, also when all come at once', async () => {
  const config = { ...testConfig, quotas: { ...testConfig.quotas, secrets: 3 } }
  await using server = await openTestServer({ config })
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) => server.call('POST /secret', { body: secretBody(`s${index}`) })),
  )
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 201, 201, 400, 400, 400, 400, 400])
  assert.match(
    answers.find(({ status }) => status === 400)?.body.message,
    /^Secret quota exceeded\. Maximum allowed: 3\n/,
  )
  const [organization] = (await server.call('GET /organizations')).body
  assert.deepEqual([organization.secretQuota, organization.maxSecretsPerSandbox], [3, limits.secretsOfSandbox])
  ok(await server.call(`PATCH /organizations/${organization.id}/quota`, { body: { secretQuota: 4 } }))
  ok(await server.call('POST /secret', { body: secretBody('one-more') }))
  assert.equal((await server.call('GET /organizations')).body[0].secretQuota, 4)
})

test('an organization that is deleted takes its secrets along', async () => {
  await using server = await openTestServer({ isRecovered: false })
  const ada = await signUp(server, 'ada')
  const team = await found(server, ada)
  const mine = { key: ada.token, headers: within(team) }
  ok(await server.call('POST /secret', { ...mine, body: secretBody('mine') }))
  ok(await server.call(`DELETE /organizations/${team}`, mine))
  assert.equal(await server.server.store.secrets.count(team), 0)
})

test('a value that cannot be opened is left out, and the log tells which', async (context) => {
  const folder = tempFolder(context)
  const storePath = join(folder, 'store.db')
  const engine = createFakeEngine()
  const id = await (async () => {
    await using server = await openTestServer({ engine, folder, storePath })
    await make(server, 'mine')
    return (await server.create({ secrets: [{ A: 'mine' }] })).id
  })()
  rmSync(join(folder, 'secret-key'))
  await using server = await openTestServer({ engine, folder, storePath })
  assert.deepEqual(await engine.reveal(id), [])
  assert.equal(server.faults.splice(0).length, 1)
})

function tempFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-secrets-'))
  context.after(() => rmSync(folder, { recursive: true }))
  return folder
}
