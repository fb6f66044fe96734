import assert from 'node:assert/strict'
import { test } from 'node:test'
import { io, type Socket } from 'socket.io-client'
import { listen } from '../testing/listen.ts'
import { openIssuer } from '../testing/oidc-issuer.ts'
import { found, join, keyOf, ok, signUp, within } from '../testing/people.ts'
import { openTestServer } from '../testing/test-server.ts'

/** A client as the published ones connect, closed when disposed. */
async function connect(url: string, token: string, organizationId?: string) {
  const socket: Socket = io(url, {
    path: '/api/socket.io/',
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    auth: { token },
    ...(organizationId === undefined ? {} : { query: { organizationId } }),
  })
  const heard: string[] = []
  socket.onAny((name: string) => heard.push(name))
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject))
  const ended = new Promise<void>((resolve) => socket.once('disconnect', () => resolve()))
  return { socket, heard, ended, [Symbol.dispose]: () => void socket.disconnect() }
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 50))

test('users hear of the organization that they name, if it is theirs', async () => {
  await using server = await openTestServer()
  await using site = await listen(server)
  const [ada, eve] = [await signUp(server, 'ada'), await signUp(server, 'eve')]
  const team = await found(server, ada)
  using inside = await connect(site.url, ada.token, team)
  using elsewhere = await connect(site.url, ada.token, ada.organizationId)
  using nowhere = await connect(site.url, ada.token)
  using stranger = await connect(site.url, eve.token, team)
  ok(await server.call('POST /sandbox', { key: ada.token, headers: within(team) }))
  await settle()
  assert.deepEqual(inside.heard, ['sandbox.created', 'sandbox.state.updated'])
  assert.deepEqual([elsewhere.heard, nowhere.heard, stranger.heard], [[], [], []])
})

test('a token of the OIDC issuer opens them too', async () => {
  await using issuer = await openIssuer()
  await using server = await issuer.server()
  await using site = await listen(server)
  const key = await issuer.accessToken('ada')
  const { id } = ok(await server.call('GET /organizations', { key })).body[0]
  using client = await connect(site.url, key, id)
  ok(await server.call('POST /sandbox', { key, headers: within(id) }))
  await settle()
  assert.deepEqual(client.heard, ['sandbox.created', 'sandbox.state.updated'])
})

test('who may hear no more is cut off at once, and nobody else', async () => {
  await using server = await openTestServer()
  await using site = await listen(server)
  const [ada, bob] = [await signUp(server, 'ada'), await signUp(server, 'bob')]
  const team = await found(server, ada)
  await join(server, { organizationId: team, owner: ada, member: bob })
  const key = await keyOf(server, bob, team)
  using owner = await connect(site.url, ada.token, team)
  using member = await connect(site.url, bob.token, team)
  using byKey = await connect(site.url, key)
  using atHome = await connect(site.url, bob.token, bob.organizationId)
  const access = { role: 'owner', assignedRoleIds: [] }
  ok(await server.call(`POST /organizations/${team}/users/bob/access`, { key: ada.token, body: access }))
  await settle()
  assert.deepEqual([member.heard, byKey.heard, owner.heard, atHome.heard], [['access.updated'], [], [], []])
  ok(await server.call(`DELETE /organizations/${team}/users/bob`, { key: ada.token }))
  await Promise.all([member.ended, byKey.ended])
  await settle()
  assert.deepEqual([owner.socket.connected, atHome.socket.connected], [true, true])
  ok(await server.call('POST /auth/logout', { key: bob.token, body: { everywhere: true } }))
  await atHome.ended
  ok(await server.call(`POST /organizations/${team}/suspend`, { body: { reason: 'unpaid' } }))
  await owner.ended
  await assert.rejects(connect(site.url, ada.token, team), /Invalid credentials/)
})
