import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { apiRoutes, type Permission, permissions, type Route } from '@sandyard/protocol'
import { makeProject } from '../testing/git-hooks.ts'
import { goodBodies, goodQueries } from '../testing/good-requests.ts'
import { found, join, keyOf, ok, type Person, signUp, within } from '../testing/people.ts'
import { adminKey, openTestServer, type TestAnswer, type TestServer } from '../testing/test-server.ts'

/** Somebody who calls, and what the caller is in the organization Team. */
interface Caller {
  readonly who: string
  readonly key: string | null
  readonly headers?: Record<string, string>
  readonly kind: 'nobody' | 'key' | 'user'
  /** null: not in Team */
  readonly role: 'owner' | 'member' | null
  readonly permissions: readonly Permission[]
  readonly isFull: boolean
  readonly isAdmin?: true
}

/** What is told to those who are not let in. */
const refusals = [
  { status: 401, message: /^Invalid credentials$/ },
  { status: 403, message: /^(Access denied|Invalid authentication context)$/ },
  { status: 404, message: /^Organization .* not found$/ },
] as const

/** Rows whose answers look at the caller once more, and whom they turn away. */
const pickier: Readonly<Record<string, (caller: Caller) => boolean>> = {
  refreshSession: ({ kind }) => kind === 'key',
  logout: ({ kind }) => kind === 'key',
  // The keys of the path are those of another user.
  deleteApiKeyForUser: ({ role, kind, isFull }) => role === 'member' || (kind === 'key' && !isFull),
  getPushAccess: ({ permissions: held }) => !held.includes('write:snapshots') && !held.includes('write:sandboxes'),
  getCurrentApiKey: ({ kind }) => kind === 'user',
}

const personal = (access: Route['access']): boolean => ['public', 'user', 'self', 'admin'].includes(access)

/** Whether the row says that the caller may. */
function mayCall(route: Route, caller: Caller): boolean {
  const { access } = route
  if (access === 'public') return true
  if (caller.kind === 'nobody') return false
  if (access === 'admin') return caller.isAdmin === true
  const isNamed = route.path.includes('{organizationId}')
  if (access === 'user') return true
  if (access === 'self') return (caller.kind === 'user' || caller.isFull) && (!isNamed || caller.role !== null)
  if (caller.role === null) return false
  if (access === 'member') return true
  if (access === 'owner') return caller.role === 'owner' && (caller.kind === 'user' || caller.isFull)
  return caller.permissions.includes(access)
}

/** All kinds of callers of an organization that Ada owns. */
async function callers(server: TestServer, team: string, [ada, bob, eve]: readonly [Person, Person, Person]) {
  const single: Caller[] = []
  for (const permission of permissions) {
    const key = await keyOf(server, ada, team, { name: permission, permissions: [permission] })
    single.push({
      who: `key: ${permission}`,
      key,
      kind: 'key',
      role: 'owner',
      permissions: [permission],
      isFull: false,
    })
  }
  const full = { permissions, isFull: true }
  const none = { permissions: [], isFull: false }
  const header = { headers: within(team) }
  const member = { role: 'member', permissions: ['manage:api_keys'], isFull: false } as const
  const list: Caller[] = [
    { who: 'nobody', key: null, kind: 'nobody', role: null, ...none },
    { who: 'a forged key', key: `dtn_${'0'.repeat(64)}`, kind: 'nobody', role: null, ...none },
    { who: 'a forged session', key: `ses_${'0'.repeat(64)}`, kind: 'nobody', role: null, ...none },
    { who: 'a key without permissions', key: await keyOf(server, ada, team), kind: 'key', role: 'owner', ...none },
    ...single,
    { who: 'a member without roles', key: bob.token, ...header, kind: 'user', ...member },
    { who: 'an owner', key: ada.token, ...header, kind: 'user', role: 'owner', ...full },
    {
      who: "an owner's full key",
      key: await keyOf(server, ada, team, { name: 'full', permissions }),
      kind: 'key',
      role: 'owner',
      ...full,
    },
    { who: 'a stranger', key: eve.token, ...header, kind: 'user', role: null, ...none },
    {
      who: 'the administrator, no member',
      key: await adminSession(server),
      ...header,
      kind: 'user',
      role: null,
      ...none,
      isAdmin: true,
    },
  ]
  return list
}

async function adminSession(server: TestServer): Promise<string> {
  const body = { token: await server.server.createLoginToken() }
  return ok(await server.call('POST /auth/token-login', { key: null, body })).body.token
}

/** Things that do not exist: who is let in is told so, and nothing is changed. */
function pathTo(route: Route, organizationId: string): string {
  return route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    if (name === 'organizationId' && route.access !== 'admin') return organizationId
    return ['port', 'interval', 'ttlMinutes'].includes(name) ? '8080' : randomUUID()
  })
}

const isRefused = ({ status, body }: TestAnswer): boolean =>
  refusals.some((refusal) => refusal.status === status && refusal.message.test(body?.message ?? ''))

for (const [id, route] of Object.entries<Route>(apiRoutes)) {
  test(`${id}: ${route.access}`, async () => {
    await using server = await openTestServer({ isRecovered: false })
    const [ada, bob, eve] = [await signUp(server, 'ada'), await signUp(server, 'bob'), await signUp(server, 'eve')]
    const team = await found(server, ada)
    await join(server, { organizationId: team, owner: ada, member: bob })
    // It keeps the organization from being deleted before all have tried.
    ok(await server.call('POST /sandbox', { key: ada.token, headers: within(team) }))
    const wrong: string[] = []
    let owner: Caller | undefined
    for (const caller of await callers(server, team, [ada, bob, eve])) {
      const answer = await server.call(`${route.method} ${pathTo(route, team)}`, caller)
      const isExpected = mayCall(route, caller) && pickier[id]?.(caller) !== true
      // To an administrator an organization that is not there is nothing but that.
      const isIn = !isRefused(answer) || (route.access === 'admin' && answer.status === 404)
      if (isIn !== isExpected) {
        wrong.push(`${caller.who}: ${answer.status} ${JSON.stringify(answer.body?.message)}, may: ${isExpected}`)
      }
      if (caller.who === 'an owner') owner = caller
    }
    assert.deepEqual(wrong, [])
    assert.deepEqual(server.faults, [])
    if (personal(route.access) || owner === undefined) return

    // `leave` and `logout` are personal, so that the owner is still there and signed in.
    const body = { reason: 'unpaid' }
    ok(await server.call(`POST /organizations/${team}/suspend`, { body }))
    const answer = await server.call(`${route.method} ${pathTo(route, team)}`, owner)
    if (route.isOpenWhenSuspended === true) assert.notEqual(answer.status, 403)
    else assert.deepEqual([answer.status, answer.body.message], [403, 'Organization is suspended: unpaid'])
  })
}

/** Makes something of the administrator's organization for the rows that begin with a path; answers its parameters. */
const things: Readonly<Record<string, (server: TestServer) => Promise<Record<string, string>>>> = {
  '/sandbox/': async ({ create }) => {
    const { id } = await create()
    return { sandboxId: id, sandboxIdOrName: id }
  },
  '/sandboxes/': async ({ create }) => ({ sandboxId: (await create()).id }),
  '/snapshots/': async ({ create, call }) => {
    const { id } = await create()
    await call(`POST /sandbox/${id}/snapshot`, { body: { name: 'theirs' } })
    return { id: ok(await call('GET /snapshots/theirs')).body.id }
  },
  '/docker-registry/': async ({ call }) => {
    const body = { name: 'theirs', url: 'https://registry.example.com', username: 'u', password: 'p' }
    return { id: ok(await call('POST /docker-registry', { body })).body.id }
  },
  '/secret/': async ({ call }) => {
    const body = { name: 'theirs', value: 'v', hosts: ['api.example.com'] }
    return { secretId: ok(await call('POST /secret', { body })).body.id }
  },
  '/volumes/': async ({ call }) => {
    const { id, name } = ok(await call('POST /volumes', { body: { name: 'theirs' } })).body
    return { volumeId: id, name }
  },
  '/warm-pools/': async ({ call }) => ({
    id: ok(await call('POST /warm-pools', { body: { snapshot: 'default', pool: 1 } })).body.id,
  }),
  '/api-keys/': async ({ call }) => {
    ok(await call('POST /api-keys', { body: { name: 'theirs', permissions: [] } }))
    return { userId: 'sandyard-admin', name: 'theirs' }
  },
  '/organizations/invitations/': async (server) => {
    const [owner, guest] = [await signUp(server, 'owner'), await signUp(server, 'guest')]
    const team = await found(server, owner)
    const body = { email: guest.email, role: 'owner', assignedRoleIds: [] }
    const made = await server.call(`POST /organizations/${team}/invitations`, { key: owner.token, body })
    return { invitationId: ok(made).body.id }
  },
  '/preview/': async ({ create }) => ({ sandboxId: (await create()).id }),
  '/previews/': async ({ call }) => {
    const body = { repository: 'https://git.example.com/theirs.git' }
    return { previewId: ok(await call('POST /previews', { body })).body.id }
  },
  '/preview-projects/': async (server) => ({ projectId: (await makeProject(server)).id }),
  '/preview-hooks/': async (server) => ({ projectId: (await makeProject(server)).id }),
  '/organizations/': ofOrganization,
  '/webhooks/organizations/': ofOrganization,
  '/audit/organizations/': ofOrganization,
  '/admin/': async ({ create }) => {
    const { id, organizationId } = await create()
    return { sandboxId: id, organizationId, id: 'sandyard-admin' }
  },
}

async function ofOrganization({ create }: TestServer): Promise<Record<string, string>> {
  return { organizationId: (await create()).organizationId, userId: 'sandyard-admin' }
}

/** Rows with ids of things that belong to nobody. */
const common = ['/regions/']

for (const [id, route] of Object.entries<Route>(apiRoutes)) {
  if (!route.path.includes('{') || common.some((prefix) => route.path.startsWith(prefix))) continue
  test(`${id}: what belongs to others is not there`, async () => {
    await using server = await openTestServer({ isRecovered: false })
    const prefix = Object.keys(things)
      .filter((candidate) => route.path.startsWith(candidate))
      .sort((a, b) => b.length - a.length)[0]
    assert.ok(prefix !== undefined, `${route.path} needs an entry in the table of things`)
    const params = await things[prefix]?.(server)
    const eve = await signUp(server, 'eve')
    const key = await keyOf(server, eve, eve.organizationId, { permissions })
    const strangers: { who: string; key: string; headers?: Record<string, string> }[] = [
      { who: 'a full key', key },
      { who: 'a user', key: eve.token, headers: within(eve.organizationId) },
      { who: 'a user who names the other organization', key: eve.token, headers: within(await organizationOf(server)) },
    ]
    const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params?.[name] ?? filler(name))
    for (const { who, ...stranger } of strangers) {
      const body = route.body === undefined ? undefined : (goodBodies[id] ?? {})
      const answer = await server.call(`${route.method} ${path}${goodQueries[id] ?? ''}`, { ...stranger, body })
      const isHidden = route.access === 'public' || answer.status === 404 || answer.status === 403
      assert.ok(isHidden, `${who}: ${answer.status} ${JSON.stringify(answer.body)}`)
      assert.doesNotMatch(String(answer.body?.message), /sandyard-admin/)
    }
  })
}

async function organizationOf({ call }: TestServer): Promise<string> {
  return (await call('GET /organizations', { key: adminKey })).body[0].id
}

function filler(name: string): string {
  const fillers: Readonly<Record<string, string>> = {
    port: '8080',
    interval: '5',
    domain: 'app.example.com',
    ttlMinutes: '5',
    mode: 'true',
    isPublic: 'true',
    token: 'a'.repeat(16),
  }
  return fillers[name] ?? randomUUID()
}
