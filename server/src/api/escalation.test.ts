import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits, permissions } from '@sandyard/protocol'
import { found, join, keyOf, ok, type Person, roleId, signUp, within } from '../testing/people.ts'
import { adminKey, openTestServer, type TestServer } from '../testing/test-server.ts'

/** An organization with an owner and a member who may make sandboxes. */
async function team(server: TestServer) {
  const [ada, bob] = [await signUp(server, 'ada'), await signUp(server, 'bob')]
  const organizationId = await found(server, ada)
  await join(server, { organizationId, owner: ada, member: bob }, { assignedRoleIds: [roleId(1)] })
  const path = `/organizations/${organizationId}`
  const as = (person: Person, request: string, body?: unknown) =>
    server.call(request, { key: person.token, headers: within(organizationId), body })
  return { ada, bob, organizationId, path, as }
}

/** Another session, when the clock has gone past the first. */
async function signInAgain(server: TestServer, person: { id: string; token: string }): Promise<void> {
  const { token } = ok(await server.call(`POST /admin/users/${person.id}/login-token`)).body
  person.token = ok(await server.call('POST /auth/token-login', { key: null, body: { token } })).body.token
}

test('a member gives nobody anything, and himself least of all', async () => {
  await using server = await openTestServer()
  const { bob, path, as } = await team(server)
  const owner = { role: 'owner', assignedRoleIds: [] }
  const refused = [
    await as(bob, `POST ${path}/users/bob/access`, owner),
    await as(bob, `POST ${path}/invitations`, { ...owner, email: 'bob@example.com' }),
    await as(bob, `POST ${path}/roles`, { name: 'All', permissions }),
    await as(bob, `DELETE ${path}/users/ada`),
    await as(bob, `DELETE ${path}`),
    await as(bob, `POST ${path}/suspend`, { reason: 'mine' }),
    await as(bob, 'POST /admin/users', { name: 'root', role: 'admin' }),
    await as(bob, 'POST /admin/users/sandyard-admin/login-token'),
    await as(bob, 'POST /api-keys', { name: 'more', permissions: ['write:sandboxes', 'delete:sandboxes'] }),
    await as(bob, 'DELETE /api-keys/ada/key'),
  ]
  assert.deepEqual(
    refused.map(({ status, body }) => [status, body.message]),
    refused.map(() => [403, 'Access denied']),
  )
})

test("an owner of an organization is no administrator of the platform, nor is the owner's full key", async () => {
  await using server = await openTestServer()
  const { ada, organizationId, path, as } = await team(server)
  const key = await keyOf(server, ada, organizationId, { permissions })
  assert.equal((await as(ada, 'GET /admin/users')).status, 403)
  assert.equal((await server.call('GET /admin/users', { key })).status, 403)
  assert.equal((await server.call(`POST ${path}/unsuspend`, { key })).status, 403)
})

test('a key of an administrator that holds less than everything does nothing as administrator or owner', async () => {
  await using server = await openTestServer()
  const some = permissions.filter((permission) => permission !== 'read:billing')
  const made = ok(await server.call('POST /api-keys', { body: { name: 'some', permissions: some } }))
  const key = made.body.value
  const { organizationId } = await server.create()
  assert.equal((await server.call('GET /admin/users', { key })).status, 403)
  assert.equal((await server.call(`GET /organizations/${organizationId}/users`, { key })).status, 200)
  const role = { name: 'Mine', permissions: [] }
  assert.equal((await server.call(`POST /organizations/${organizationId}/roles`, { key, body: role })).status, 403)
  assert.equal((await server.call('POST /organizations', { key, body: { name: 'Mine' } })).status, 403)
  const more = { name: 'more', permissions: ['read:billing'] }
  assert.equal((await server.call('POST /api-keys', { key, body: more })).status, 403)
})

test('a key may only what its user still may, and at once', async () => {
  await using server = await openTestServer()
  const { ada, bob, organizationId, path, as } = await team(server)
  const strong = await keyOf(server, bob, organizationId, { name: 'strong', permissions: ['write:sandboxes'] })
  assert.equal((await server.call('POST /sandbox', { key: strong })).status, 200)
  ok(await as(ada, `POST ${path}/users/bob/access`, { role: 'member', assignedRoleIds: [] }))
  assert.equal((await server.call('POST /sandbox', { key: strong })).status, 403)
  ok(await as(ada, `POST ${path}/users/bob/access`, { role: 'member', assignedRoleIds: [roleId(2)] }))
  assert.equal((await server.call('POST /sandbox', { key: strong })).status, 200)
  ok(await as(ada, `DELETE ${path}/users/bob`))
  assert.equal((await server.call('GET /sandbox', { key: strong })).status, 401)
  await join(server, { organizationId, owner: ada, member: bob })
  assert.equal((await server.call('GET /sandbox', { key: strong })).status, 401, 'a key of old does not come back')
})

test('an invitation is for the one whom it names, once, and only with an address that is known to be theirs', async () => {
  await using server = await openTestServer()
  const { ada, path, as } = await team(server)
  const eve = await signUp(server, 'eve')
  const fake = await signUp(server, 'fake', { email: 'carl@example.com', emailVerified: false })
  const body = { email: 'carl@example.com', role: 'owner', assignedRoleIds: [] }
  const { id } = ok(await as(ada, `POST ${path}/invitations`, body)).body
  const answer = (person: Person, verb = 'accept') =>
    server.call(`POST /organizations/invitations/${id}/${verb}`, { key: person.token })
  for (const person of [eve, fake, ada]) {
    assert.equal((await answer(person)).status, 404)
    assert.equal((await answer(person, 'decline')).status, 404)
    assert.deepEqual((await server.call('GET /organizations/invitations', { key: person.token })).body, [])
  }
  const twice = await as(ada, `POST ${path}/invitations`, body)
  assert.deepEqual([twice.status, twice.body.message], [409, 'carl@example.com is invited already'])
  const carl = await signUp(server, 'carl2', { email: 'other@example.com' })
  assert.equal((await answer(carl)).status, 404)
})

test('an invitation that is over, taken back or used gives nothing', async () => {
  await using server = await openTestServer()
  const { ada, path, as } = await team(server)
  const eve = await signUp(server, 'eve')
  const invite = async () => {
    const body = { email: eve.email, role: 'member', assignedRoleIds: [] }
    return ok(await as(ada, `POST ${path}/invitations`, body)).body.id as string
  }
  const accept = (id: string) => server.call(`POST /organizations/invitations/${id}/accept`, { key: eve.token })
  const late = await invite()
  server.clock.nowMs += 7 * 24 * 3600_000
  assert.equal((await accept(late)).status, 401, 'the session is over too')
  for (const person of [ada, eve]) await signInAgain(server, person)
  assert.equal((await accept(late)).status, 403)
  const cancelled = await invite()
  ok(await as(ada, `POST ${path}/invitations/${cancelled}/cancel`))
  assert.equal((await accept(cancelled)).status, 403)
  const used = await invite()
  const answers = await Promise.all([accept(used), accept(used), accept(used)])
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 403, 403])
  ok(await as(ada, `DELETE ${path}/users/eve`))
  assert.equal((await accept(used)).status, 403, 'it does not bring back who was removed')
})

test('two owners who leave at once leave one', async () => {
  await using server = await openTestServer()
  const { ada, bob, path, as } = await team(server)
  ok(await as(ada, `POST ${path}/users/bob/access`, { role: 'owner', assignedRoleIds: [] }))
  const answers = await Promise.all([as(ada, `POST ${path}/leave`), as(bob, `POST ${path}/leave`)])
  assert.deepEqual(answers.map(({ status }) => status).sort(), [204, 403])
  const [stays] = answers[0]?.status === 204 ? [bob] : [ada]
  const left = ok(await as(stays, `GET ${path}/users`)).body
  assert.deepEqual(
    left.map(({ role }: { role: string }) => role),
    ['owner'],
  )
})

test('a user has at most ten organizations made, also when many are asked for at once', async () => {
  await using server = await openTestServer()
  const { token } = await signUp(server, 'ada')
  const answers = await Promise.all(
    Array.from({ length: 15 }, () => server.call('POST /organizations', { key: token, body: { name: 'Team' } })),
  )
  assert.equal(answers.filter(({ status }) => status === 201).length, 9, 'with the personal one they are ten')
})

test('what an organization holds is out of reach by the header of another', async () => {
  await using server = await openTestServer()
  const { bob, ada, organizationId } = await team(server)
  const { id } = ok(await server.call('POST /sandbox', { key: ada.token, headers: within(ada.organizationId) })).body
  const ask = (headers: Record<string, string>) => server.call(`GET /sandbox/${id}`, { key: bob.token, headers })
  assert.equal((await ask(within(organizationId))).status, 404)
  assert.equal((await ask(within(ada.organizationId))).status, 403)
  assert.equal((await ask({})).status, 403)
  assert.equal((await ask(within('x'.repeat(5000)))).status, 403)
  assert.equal((await ask(within("' or 1=1 --"))).status, 403)
})

test('the administrator does not enter organizations of others by being one', async () => {
  await using server = await openTestServer()
  const { organizationId, path } = await team(server)
  assert.equal((await server.call(`GET ${path}`, { key: adminKey })).status, 404)
  const body = { token: await server.server.createLoginToken() }
  const { token } = ok(await server.call('POST /auth/token-login', { key: null, body })).body
  assert.equal((await server.call('GET /sandbox', { key: token, headers: within(organizationId) })).status, 403)
})

test('a suspended organization is closed to keys, users, the toolbox and events, and its sandboxes stop in time', async () => {
  await using server = await openTestServer({ isRecovered: false })
  const { ada, organizationId, path, as } = await team(server)
  const key = await keyOf(server, ada, organizationId, { permissions })
  const { id } = ok(await server.call('POST /sandbox', { key, body: { autoStopInterval: 0 } })).body
  const visit = async (bearer: string) => {
    const answer = await server.server.access.check({ label: id, target: { kind: 'toolbox' }, credentials: { bearer } })
    return answer.kind
  }
  assert.deepEqual([await visit(key), await visit(ada.token)], ['granted', 'granted'])
  const body = { reason: 'unpaid', suspensionCleanupGracePeriodHours: 2 }
  ok(await server.call(`POST ${path}/suspend`, { body }))
  assert.deepEqual([await visit(key), await visit(ada.token)], ['closed', 'closed'])
  assert.equal((await server.call('GET /sandbox', { key })).body.message, 'Organization is suspended: unpaid')
  assert.equal((await as(ada, 'POST /sandbox')).status, 403)
  const state = async () => (await server.server.store.sandboxes.byId(id))?.state
  server.clock.nowMs += 2 * 3600_000 - 60_000
  await server.server.reconcile.round()
  await server.server.settled()
  assert.equal(await state(), 'started')
  server.clock.nowMs += 60_000
  await server.server.reconcile.round()
  await server.server.settled()
  assert.equal(await state(), 'stopped')
  ok(await server.call(`POST ${path}/unsuspend`))
  assert.equal((await server.call(`POST /sandbox/${id}/start`, { key })).status, 200)
})

test('a sandbox that was made while its organization was deleted is deleted too', async () => {
  await using server = await openTestServer({ isRecovered: false })
  const { organizationId, as, ada } = await team(server)
  const { store, reconcile, settled } = server.server
  const { insert } = store.sandboxes
  store.sandboxes.insert = async (...given) => {
    // The call has been let in, and now the organization goes.
    assert.equal(await store.organizations.delete(organizationId, server.clock.nowMs), null)
    return insert(...given)
  }
  const { id } = ok(await as(ada, 'POST /sandbox')).body
  store.sandboxes.insert = insert
  const state = async () => (await store.sandboxes.byId(id))?.state
  assert.equal(await state(), 'started')
  await reconcile.round()
  await settled()
  assert.equal(await state(), 'destroyed')
})

test('roles, invitations and keys of one are so many at most', async () => {
  await using server = await openTestServer({ isRecovered: false })
  const { path, as, ada } = await team(server)
  const until403 = async (most: number, make: (index: number) => Promise<{ status: number }>) => {
    for (let index = 0; index < most; index += 1) assert.ok((await make(index)).status === 201, `${index}`)
    assert.equal((await make(most)).status, 403)
  }
  await until403(limits.roleCount, (index) => as(ada, `POST ${path}/roles`, { name: `Role ${index}`, permissions: [] }))
  const invitation = (index: number) => ({ email: `guest-${index}@example.com`, role: 'member', assignedRoleIds: [] })
  await until403(limits.invitationCount, (index) => as(ada, `POST ${path}/invitations`, invitation(index)))
  await until403(limits.apiKeysPerUser, (index) => as(ada, 'POST /api-keys', { name: `key ${index}`, permissions: [] }))
})

test('a user whose organization cannot be written is not there either', async () => {
  await using server = await openTestServer({ isRecovered: false })
  const { store } = server.server
  const user = {
    id: 'half',
    name: 'Half',
    email: null,
    isEmailVerified: false,
    login: 'half',
    passwordHash: null,
    isAdmin: false,
    createdAtMs: 0,
  }
  const { organizationId } = await server.create()
  // The organization cannot be written: its id is taken. Nothing of the user stays.
  const taken = { id: organizationId, name: 'Personal', createdBy: 'half', createdAtMs: 0 }
  await assert.rejects(store.users.insert(user, taken))
  assert.equal(await store.users.byId('half'), undefined)
})
