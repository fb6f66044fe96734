import assert from 'node:assert/strict'
import { openIssuer, signInByBrowser } from './oidc-issuer.ts'
import { found, join, keyOf, ok, roleId, signUp, within } from './people.ts'
import type { TestAnswer, TestServer } from './test-server.ts'

type Calls = Record<string, (server: TestServer) => Promise<TestAnswer>>

/** An owner, a member, and the organization of both. */
async function team(server: TestServer) {
  const [owner, member] = [await signUp(server, 'ada'), await signUp(server, 'bob')]
  const organizationId = await found(server, owner)
  await join(server, { organizationId, owner, member })
  return { owner, member, organizationId, path: `/organizations/${organizationId}` }
}

/** An invitation that waits for its answer. */
async function invited(server: TestServer) {
  const [owner, guest] = [await signUp(server, 'ada'), await signUp(server, 'bob')]
  const organizationId = await found(server, owner)
  const path = `/organizations/${organizationId}/invitations`
  const body = { email: 'Bob@Example.com', role: 'member', assignedRoleIds: [roleId(1)] }
  const answer = ok(await server.call(`POST ${path}`, { key: owner.token, body }))
  return { owner, guest, organizationId, path, answer, id: answer.body.id as string }
}

/** Chooses the warning before previews, which the next visit knows of. */
async function choosesWarning(server: TestServer, call: (path: string) => string): Promise<TestAnswer> {
  const { owner, path, organizationId } = await team(server)
  const headers = within(organizationId)
  const { id } = ok(await server.call('POST /sandbox', { key: owner.token, headers, body: { public: true } })).body
  const request = { label: id, target: { kind: 'port', port: 80 }, credentials: {} } as const
  const isWarned = async () => {
    const answer = await server.server.access.check(request)
    assert.equal(answer.kind, 'granted')
    return 'hasWarning' in answer
  }
  const isShown = async () => (await server.call(`GET ${path}`, { key: owner.token })).body.previewWarningEnabled
  assert.deepEqual([await isWarned(), await isShown()], [false, false])
  const answer = await server.call(call(path), { body: { previewWarningEnabled: true } })
  assert.deepEqual([await isWarned(), await isShown()], [true, true])
  assert.equal((await server.call(call(path), { body: { previewWarningEnabled: false } })).status, 204)
  assert.deepEqual([await isWarned(), await isShown()], [false, false])
  return answer
}

/** A good call of each row of signing in and users. */
export const signInCalls: Calls = {
  async login(server) {
    const password = 'correct horse battery'
    await server.call('POST /admin/users', { body: { name: 'Ada', email: 'ada@example.com', password } })
    const answer = await server.call('POST /auth/login', { key: null, body: { login: ' Ada@example.com ', password } })
    assert.match(answer.body.token, /^ses_[0-9a-f]{64}$/)
    assert.equal((await server.call('GET /users/me', { key: answer.body.token })).body.name, 'Ada')
    return answer
  },
  async tokenLogin(server) {
    const token = await server.server.createLoginToken()
    const answer = await server.call('POST /auth/token-login', { key: null, body: { token } })
    assert.deepEqual([answer.body.user.id, answer.body.user.role], ['sandyard-admin', 'admin'])
    assert.equal((await server.call('POST /auth/token-login', { key: null, body: { token } })).status, 401)
    return answer
  },
  async refreshSession(server) {
    const { token } = await signUp(server, 'ada')
    const answer = await server.call('POST /auth/refresh', { key: token })
    assert.equal((await server.call('GET /users/me', { key: token })).status, 401)
    assert.equal((await server.call('GET /users/me', { key: answer.body.token })).status, 200)
    return answer
  },
  async logout(server) {
    const { token } = await signUp(server, 'ada')
    const answer = await server.call('POST /auth/logout', { key: token })
    assert.equal((await server.call('GET /users/me', { key: token })).status, 401)
    return answer
  },
  async changePassword(server) {
    const { token, email } = await signUp(server, 'ada')
    const newPassword = 'correct horse battery'
    const answer = await server.call('POST /auth/password', { key: token, body: { newPassword } })
    const login = { login: email, password: newPassword }
    assert.equal((await server.call('POST /auth/login', { key: null, body: login })).status, 200)
    return answer
  },
  async oidcLogin() {
    await using issuer = await openIssuer()
    await using server = await issuer.server()
    const answer = await server.call('GET /auth/oidc/login', { key: null })
    const location = new URL(answer.headers.get('location') ?? '')
    assert.equal(location.origin, issuer.url)
    assert.equal(location.searchParams.get('code_challenge_method'), 'S256')
    assert.match(answer.headers.get('set-cookie') ?? '', /HttpOnly; SameSite=Lax$/)
    return answer
  },
  async oidcCallback() {
    await using issuer = await openIssuer()
    await using server = await issuer.server()
    const answer = await signInByBrowser(server, 'ada')
    const [, token] = /^http:\/\/localhost:3000\/#login-token=(.+)$/.exec(answer.headers.get('location') ?? '') ?? []
    const signedIn = ok(await server.call('POST /auth/token-login', { key: null, body: { token } }))
    assert.equal(signedIn.body.user.email, 'ada@example.com')
    return answer
  },
  async getAuthenticatedUser(server) {
    const answer = await server.call('GET /users/me')
    assert.deepEqual([answer.body.id, answer.body.role], ['sandyard-admin', 'admin'])
    return answer
  },
  async adminCreateUser(server) {
    const body = { id: 'ada', name: 'Ada', email: 'Ada@example.com', emailVerified: true, role: 'user' }
    const answer = await server.call('POST /admin/users', { body })
    assert.deepEqual([answer.body.email, answer.body.emailVerified], ['ada@example.com', true])
    return answer
  },
  async adminListUsers(server) {
    await signUp(server, 'ada')
    const answer = await server.call('GET /admin/users?page=1&limit=2')
    assert.deepEqual(
      answer.body.map(({ id }: { id: string }) => id),
      ['ada', 'sandyard-admin'],
    )
    assert.equal((await server.call('GET /admin/users?page=2&limit=1')).body.length, 1)
    return answer
  },
  async adminGetUser(server) {
    await signUp(server, 'ada')
    return server.call('GET /admin/users/ada')
  },
  async adminCreateLoginToken(server) {
    await signUp(server, 'ada')
    return server.call('POST /admin/users/ada/login-token')
  },
}

/** A good call of each row of organizations. */
export const organizationCalls: Calls = {
  async listOrganizations(server) {
    const { owner, organizationId } = await team(server)
    const own = await server.call('GET /organizations', { key: owner.token })
    assert.deepEqual(
      own.body.map(({ name, personal }: { name: string; personal: boolean }) => [name, personal]),
      [
        ['Personal', true],
        ['Team', false],
      ].sort(() => (own.body[0].personal ? 0 : -1)),
    )
    const key = await keyOf(server, owner, organizationId)
    assert.deepEqual((await server.call('GET /organizations', { key })).body.length, 1, 'a key sees its own alone')
    const answer = await server.call('GET /organizations')
    assert.deepEqual([answer.body.length, answer.body[0].name, answer.body[0].maxCpuPerSandbox], [1, 'Personal', 4])
    return answer
  },
  async createOrganization(server) {
    const { token } = await signUp(server, 'ada')
    const answer = await server.call('POST /organizations', {
      key: token,
      body: { name: ' Team ', defaultRegionId: 'us' },
    })
    const { name, personal, createdBy, defaultRegionId } = answer.body
    assert.deepEqual([name, personal, createdBy, defaultRegionId], ['Team', false, 'ada', 'us'])
    return answer
  },
  async getOrganization(server) {
    const { organizationId } = await server.create()
    const answer = await server.call(`GET /organizations/${organizationId}`)
    assert.equal(answer.body.id, organizationId)
    return answer
  },
  async deleteOrganization(server) {
    const { owner, member, path, organizationId } = await team(server)
    const key = await keyOf(server, member, organizationId)
    const headers = within(organizationId)
    const permissions = { key: owner.token, headers }
    const { body } = ok(await server.call('POST /sandbox', permissions))
    const registry = { name: 'ours', url: 'https://registry.example.com', username: 'u', password: 'p' }
    ok(await server.call('POST /docker-registry', { ...permissions, body: registry }))
    const refused = await server.call(`DELETE ${path}`, { key: owner.token })
    assert.deepEqual(
      [refused.status, refused.body.message],
      [409, 'Organization Team still has 1 sandboxes; delete them first'],
    )
    ok(await server.call(`DELETE /sandbox/${body.id}`, permissions))
    const answer = await server.call(`DELETE ${path}`, { key: owner.token })
    assert.equal((await server.call(`GET ${path}`, { key: owner.token })).status, 404)
    assert.equal((await server.call('GET /sandbox', { key })).status, 401, 'its keys are gone with it')
    assert.equal((await server.call('GET /organizations', { key: owner.token })).body.length, 1)
    return answer
  },
  async setOrganizationDefaultRegion(server) {
    const { owner, path } = await team(server)
    const answer = await server.call(`PATCH ${path}/default-region`, {
      key: owner.token,
      body: { defaultRegionId: 'here' },
    })
    assert.equal((await server.call(`GET ${path}`, { key: owner.token })).body.defaultRegionId, 'us')
    return answer
  },
  async leaveOrganization(server) {
    const { member, owner, path } = await team(server)
    const answer = await server.call(`POST ${path}/leave`, { key: member.token })
    assert.equal((await server.call(`GET ${path}`, { key: member.token })).status, 404)
    assert.equal((await server.call(`GET ${path}/users`, { key: owner.token })).body.length, 1)
    return answer
  },
  async listAvailableSandboxClasses(server) {
    const { member, path } = await team(server)
    const answer = await server.call(`GET ${path}/available-sandbox-classes`, { key: member.token })
    assert.deepEqual(answer.body, [{ regionId: 'us', sandboxClass: 'container', gpuAvailable: false }])
    return answer
  },
  async suspendOrganization(server) {
    const { member, path } = await team(server)
    const body = { reason: 'unpaid', until: '2030-02-01T00:00:00Z', suspensionCleanupGracePeriodHours: 1 }
    const answer = await server.call(`POST ${path}/suspend`, { body })
    const shown = (await server.call(`GET ${path}`, { key: member.token })).body
    const { suspended, suspensionReason, suspendedUntil } = shown
    assert.deepEqual([suspended, suspensionReason, suspendedUntil], [true, 'unpaid', '2030-02-01T00:00:00.000Z'])
    const refused = await server.call(`GET ${path}/users`, { key: member.token })
    assert.deepEqual([refused.status, refused.body.message], [403, 'Organization is suspended: unpaid'])
    server.clock.nowMs = Date.UTC(2030, 1, 1)
    const after = await signUp(server, 'carl')
    assert.ok(after.token !== '')
    return answer
  },
  async unsuspendOrganization(server) {
    const { member, path } = await team(server)
    await server.call(`POST ${path}/suspend`, { body: { reason: 'unpaid' } })
    const answer = await server.call(`POST ${path}/unsuspend`)
    assert.equal((await server.call(`GET ${path}/users`, { key: member.token })).status, 200)
    return answer
  },
  updateOrganizationPreviewWarning: (server) => choosesWarning(server, (path) => `POST ${path}/preview-warning`),
  adminUpdateOrganizationPreviewWarning: (server) =>
    choosesWarning(server, (path) => `POST /admin${path}/preview-warning`),
  async adminListOrganizations(server) {
    await signUp(server, 'ada')
    const all: readonly { createdBy: string }[] = (await server.call('GET /admin/organizations')).body
    assert.deepEqual(all.map(({ createdBy }) => createdBy).toSorted(), ['ada', 'sandyard-admin'])
    return server.call('GET /admin/organizations?page=2&limit=1')
  },
  async adminCreateOrganization(server) {
    const { id, token } = await signUp(server, 'ada')
    const answer = await server.call('POST /admin/organizations', { body: { name: 'Gift', userId: id } })
    assert.equal((await server.call(`GET /organizations/${answer.body.id}`, { key: token })).body.createdBy, 'ada')
    return answer
  },
}

/** A good call of each row of members, roles and invitations. */
export const memberCalls: Calls = {
  async listOrganizationMembers(server) {
    const { member, path } = await team(server)
    const answer = await server.call(`GET ${path}/users`, { key: member.token })
    assert.deepEqual(
      answer.body.map(({ userId, role }: { userId: string; role: string }) => [userId, role]),
      [
        ['ada', 'owner'],
        ['bob', 'member'],
      ],
    )
    return answer
  },
  async updateAccessForOrganizationMember(server) {
    const { owner, member, path, organizationId } = await team(server)
    const call = () => server.call('POST /sandbox', { key: member.token, headers: within(organizationId) })
    assert.equal((await call()).status, 403)
    const body = { role: 'member', assignedRoleIds: [roleId(2), roleId(2)] }
    const answer = await server.call(`POST ${path}/users/bob/access`, { key: owner.token, body })
    assert.deepEqual(
      answer.body.assignedRoles.map(({ name }: { name: string }) => name),
      ['Sandboxes Admin'],
    )
    assert.equal((await call()).status, 200)
    return answer
  },
  async deleteOrganizationMember(server) {
    const { owner, member, path, organizationId } = await team(server)
    const key = await keyOf(server, member, organizationId)
    const answer = await server.call(`DELETE ${path}/users/bob`, { key: owner.token })
    assert.equal((await server.call('GET /sandbox', { key })).status, 401)
    return answer
  },
  async listOrganizationRoles(server) {
    const { member, path } = await team(server)
    const answer = await server.call(`GET ${path}/roles`, { key: member.token })
    assert.deepEqual(
      answer.body.map(({ id }: { id: string }) => id),
      [1, 2, 3, 4, 5, 6, 7, 8].map(roleId),
    )
    return answer
  },
  async createOrganizationRole(server) {
    const { owner, path } = await team(server)
    const body = { name: ' Runner ', description: 'runs', permissions: ['write:sandboxes', 'write:sandboxes'] }
    const answer = await server.call(`POST ${path}/roles`, { key: owner.token, body })
    const { name, isGlobal, permissions } = answer.body
    assert.deepEqual([name, isGlobal, permissions], ['Runner', false, ['write:sandboxes']])
    return answer
  },
  async updateOrganizationRole(server) {
    const { owner, member, path, organizationId } = await team(server)
    const role = { name: 'Runner', permissions: ['write:sandboxes'] }
    const { id } = ok(await server.call(`POST ${path}/roles`, { key: owner.token, body: role })).body
    const access = { role: 'member', assignedRoleIds: [id] }
    ok(await server.call(`POST ${path}/users/bob/access`, { key: owner.token, body: access }))
    const create = () => server.call('POST /sandbox', { key: member.token, headers: within(organizationId) })
    assert.equal((await create()).status, 200)
    const body = { name: 'Reader', permissions: [] }
    const answer = await server.call(`PUT ${path}/roles/${id}`, { key: owner.token, body })
    assert.equal((await create()).status, 403, 'at once')
    return answer
  },
  async deleteOrganizationRole(server) {
    const { owner, path } = await team(server)
    const role = { name: 'Runner', permissions: [] }
    const { id } = ok(await server.call(`POST ${path}/roles`, { key: owner.token, body: role })).body
    const answer = await server.call(`DELETE ${path}/roles/${id}`, { key: owner.token })
    assert.equal((await server.call(`GET ${path}/roles`, { key: owner.token })).body.length, 8)
    return answer
  },
  async listOrganizationInvitations(server) {
    const { owner, path, id } = await invited(server)
    const answer = await server.call(`GET ${path}`, { key: owner.token })
    assert.deepEqual(
      answer.body.map((invitation: { id: string }) => invitation.id),
      [id],
    )
    return answer
  },
  async createOrganizationInvitation(server) {
    const { answer } = await invited(server)
    const { email, invitedBy, organizationName, expiresAt, status, assignedRoles } = answer.body
    assert.deepEqual(
      [email, invitedBy, organizationName, expiresAt, status, assignedRoles[0].name],
      ['bob@example.com', 'ada', 'Team', '2030-01-08T00:00:00.000Z', 'pending', 'Developer'],
    )
    return answer
  },
  async updateOrganizationInvitation(server) {
    const { owner, path, id } = await invited(server)
    const body = { role: 'owner', assignedRoleIds: [], expiresAt: '2030-01-02T00:00:00Z' }
    const answer = await server.call(`PUT ${path}/${id}`, { key: owner.token, body })
    assert.deepEqual([answer.body.role, answer.body.expiresAt], ['owner', '2030-01-02T00:00:00.000Z'])
    return answer
  },
  async cancelOrganizationInvitation(server) {
    const { owner, guest, path, id } = await invited(server)
    const answer = await server.call(`POST ${path}/${id}/cancel`, { key: owner.token })
    const late = await server.call(`POST /organizations/invitations/${id}/accept`, { key: guest.token })
    assert.equal(late.status, 403)
    return answer
  },
  async listOrganizationInvitationsForAuthenticatedUser(server) {
    const { guest, id } = await invited(server)
    const answer = await server.call('GET /organizations/invitations', { key: guest.token })
    assert.deepEqual(
      answer.body.map((invitation: { id: string }) => invitation.id),
      [id],
    )
    return answer
  },
  async getOrganizationInvitationsCountForAuthenticatedUser(server) {
    const { owner, guest } = await invited(server)
    assert.equal((await server.call('GET /organizations/invitations/count', { key: owner.token })).body, 0)
    const answer = await server.call('GET /organizations/invitations/count', { key: guest.token })
    assert.equal(answer.body, 1)
    return answer
  },
  async acceptOrganizationInvitation(server) {
    const { guest, id, organizationId } = await invited(server)
    const inside = () => server.call('POST /sandbox', { key: guest.token, headers: within(organizationId) })
    assert.equal((await inside()).status, 403)
    const answer = await server.call(`POST /organizations/invitations/${id}/accept`, { key: guest.token })
    assert.equal(answer.body.status, 'accepted')
    assert.equal((await inside()).status, 200, 'with the role that it gives')
    return answer
  },
  async declineOrganizationInvitation(server) {
    const { guest, id } = await invited(server)
    const answer = await server.call(`POST /organizations/invitations/${id}/decline`, { key: guest.token })
    assert.equal((await server.call('GET /organizations/invitations/count', { key: guest.token })).body, 0)
    return answer
  },
  async deleteApiKeyForUser(server) {
    const { owner, member, organizationId } = await team(server)
    const key = await keyOf(server, member, organizationId)
    const listed = await server.call('GET /api-keys', { key: owner.token, headers: within(organizationId) })
    assert.deepEqual(
      listed.body.map(({ userId }: { userId: string }) => userId),
      ['bob'],
      'an owner sees all keys',
    )
    const answer = await server.call('DELETE /api-keys/bob/key', {
      key: owner.token,
      headers: within(organizationId),
    })
    assert.equal((await server.call('GET /sandbox', { key })).status, 401)
    return answer
  },
}
