import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccessAnswer, AccessRequest, Credentials } from '@sandyard/protocol'
import { found, join, keyOf, ok, type Person, roleId, signUp, within } from '../testing/people.ts'
import { openTestServer, type TestServer } from '../testing/test-server.ts'

function ask({ server }: TestServer, label: string, credentials: Credentials = {}): Promise<AccessAnswer> {
  const target: AccessRequest['target'] = { kind: 'port', port: 80 }
  return server.access.check({ label, target, credentials })
}

const outcome = (answer: AccessAnswer): string => (answer.kind === 'granted' ? answer.by : answer.kind)

/** A team of an owner and a member with a sandbox, and what the member has made of it. */
async function team(server: TestServer) {
  const [owner, member] = [await signUp(server, 'ada'), await signUp(server, 'bob')]
  const organizationId = await found(server, owner)
  await join(server, { organizationId, owner, member }, { assignedRoleIds: [roleId(2)] })
  const call = async (person: Person | string, request: string, body?: unknown) => {
    const [key, headers] = typeof person === 'string' ? [person, {}] : [person.token, within(organizationId)]
    return ok(await server.call(request, { key, headers, ...(body === undefined ? {} : { body }) })).body
  }
  const { id } = await call(owner, 'POST /sandbox', {})
  const link = async (person: Person | string) =>
    (await call(person, `GET /sandbox/${id}/ports/80/signed-preview-url?expiresInSeconds=86400`)).token as string
  const ssh = async (person: Person | string) => (await call(person, `POST /sandbox/${id}/ssh-access`)).token as string
  const preview = async (person: Person) => (await call(person, `GET /sandbox/${id}/ports/80/preview-url`)).token
  const opensSsh = async (token: string) =>
    (await server.server.access.checkSsh({ token, isLogin: true })).kind === 'granted'
  return {
    owner,
    member,
    organizationId,
    id,
    call,
    link,
    ssh,
    preview,
    opensSsh,
    path: `/organizations/${organizationId}`,
  }
}

test('what a member has made and known ends with the membership, and what others made goes on', async () => {
  await using server = await openTestServer()
  const { owner, member, id, call, link, ssh, preview, opensSsh, path } = await team(server)
  const [theirs, others] = [await link(member), await link(owner)]
  const [theirSsh, otherSsh] = [await ssh(member), await ssh(owner)]
  const known = await preview(member)
  const key = await call(member, `GET /sandbox/${id}/signing-key`)
  assert.equal(outcome(await ask(server, theirs)), 'signed')
  assert.equal(outcome(await ask(server, id, { previewToken: known })), 'preview-token')
  assert.equal(await opensSsh(theirSsh), true)
  const told: string[] = []
  server.server.onAccessChange(() => told.push('asked again'))

  ok(await server.call(`POST ${path}/leave`, { key: member.token }))
  assert.deepEqual(told, ['asked again'])
  assert.equal(outcome(await ask(server, theirs)), 'unknown')
  assert.equal(outcome(await ask(server, others)), 'signed')
  assert.deepEqual([await opensSsh(theirSsh), await opensSsh(otherSsh)], [false, true])
  assert.equal(outcome(await ask(server, id, { previewToken: known })), 'denied')
  assert.equal(outcome(await ask(server, id, { previewToken: await preview(owner) })), 'preview-token')
  assert.notEqual(await call(owner, `GET /sandbox/${id}/signing-key`), key)
})

test('what was made does not come back with the member', async () => {
  await using server = await openTestServer()
  const { owner, member, organizationId, link, ssh, opensSsh, path } = await team(server)
  const [theirs, theirSsh] = [await link(member), await ssh(member)]
  ok(await server.call(`DELETE ${path}/users/${member.id}`, { key: owner.token }))
  await join(server, { organizationId, owner, member }, { assignedRoleIds: [roleId(2)] })
  assert.equal(outcome(await ask(server, theirs)), 'unknown')
  assert.equal(await opensSsh(theirSsh), false)
})

test('what was made with a key ends with the key, and SSH with the permission for it', async () => {
  await using server = await openTestServer()
  const { owner, member, organizationId, link, ssh, opensSsh, path } = await team(server)
  const key = await keyOf(server, member, organizationId, { permissions: ['write:sandboxes'] })
  const [byKey, byHand] = [await link(key), await link(member)]
  const [sshByKey, sshByHand] = [await ssh(key), await ssh(member)]
  ok(await server.call('DELETE /api-keys/key', { key: member.token, headers: within(organizationId) }))
  assert.deepEqual([await ask(server, byKey), await ask(server, byHand)].map(outcome), ['unknown', 'signed'])
  assert.deepEqual([await opensSsh(sshByKey), await opensSsh(sshByHand)], [false, true])

  const short = await keyOf(server, member, organizationId, {
    permissions: ['write:sandboxes'],
    expiresAt: new Date(server.clock.nowMs + 60_000).toISOString(),
  })
  const last = await link(short)
  server.clock.nowMs += 59_000
  assert.equal(outcome(await ask(server, last)), 'signed')
  server.clock.nowMs += 1_000
  assert.equal(outcome(await ask(server, last)), 'unknown')

  const body = { role: 'member', assignedRoleIds: [] }
  ok(await server.call(`POST ${path}/users/${member.id}/access`, { key: owner.token, body }))
  assert.equal(await opensSsh(sshByHand), false)
  assert.equal(outcome(await ask(server, byHand)), 'signed', 'every member may make links')
})

test('nothing passes into a suspended organization, and all of it again afterwards', async () => {
  await using server = await openTestServer()
  const { owner, organizationId, id, call, link, ssh, preview, opensSsh, path } = await team(server)
  const [signed, token, sshToken] = [await link(owner), await preview(owner), await ssh(owner)]
  const key = await keyOf(server, owner, organizationId, { permissions: ['write:sandboxes'] })
  const open = (await call(owner, 'POST /sandbox', { public: true })).id as string
  const ways: [string, string, Credentials][] = [
    ['public', open, {}],
    ['signed', signed, {}],
    ['preview-token', id, { previewToken: token }],
    ['bearer', id, { bearer: key }],
  ]
  const outcomes = async () => {
    const answers = await Promise.all(ways.map(([, label, credentials]) => ask(server, label, credentials)))
    return answers.map(outcome)
  }
  const all = ways.map(([way]) => way)
  assert.deepEqual(await outcomes(), all)
  const until = new Date(server.clock.nowMs + 60_000).toISOString()
  ok(await server.call(`POST ${path}/suspend`, { body: { reason: 'unpaid', until } }))
  assert.deepEqual(
    await outcomes(),
    ways.map(() => 'closed'),
  )
  assert.equal(outcome(await ask(server, id)), 'denied', 'a stranger learns nothing')
  const refused = await server.server.access.checkSsh({ token: sshToken, isLogin: false })
  assert.match(refused.kind === 'denied' ? refused.reason : '', /suspended/)
  const visit = await server.server.access.signIn({ label: id, by: { kind: 'session', session: owner.token } })
  assert.equal(visit.kind, 'denied')
  server.clock.nowMs += 60_000
  assert.deepEqual(await outcomes(), all, 'the suspension has ended by itself')
  assert.equal(await opensSsh(sshToken), true)
})
