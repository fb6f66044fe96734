import assert from 'node:assert/strict'
import { test } from 'node:test'
import { io, type Socket } from 'socket.io-client'
import { listen } from '../testing/listen.ts'
import { adminKey, openTestServer, until } from '../testing/test-server.ts'

/** A client as the published ones connect, with what it has heard; closed when disposed. */
function connect(url: string, token?: unknown, options: object = {}): { socket: Socket; heard: Heard[] } & Disposable {
  const socket = io(url, {
    path: '/api/socket.io/',
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    ...(token === undefined ? {} : { auth: { token } }),
    ...options,
  })
  const heard: Heard[] = []
  socket.onAny((name: string, payload: Heard['payload']) => heard.push({ name, payload }))
  return { socket, heard, [Symbol.dispose]: () => void socket.disconnect() }
}

/** The next event of this name. */
function next(socket: Socket, name: string): Promise<unknown> {
  return new Promise((resolve) => socket.once(name, resolve))
}

interface Heard {
  readonly name: string
  // biome-ignore lint/suspicious/noExplicitAny: payloads of every event
  readonly payload: any
}

test('tells the life of a sandbox, to its organization only', async () => {
  await using server = await openTestServer()
  await using site = await listen(server)
  using mine = connect(site.url, adminKey)
  using theirs = connect(site.url, await server.stranger())
  await Promise.all([next(mine.socket, 'connect'), next(theirs.socket, 'connect')])

  const { id } = await server.create({ env: { A: '1' } })
  await server.call(`POST /sandbox/${id}/stop`)
  await server.call(`DELETE /sandbox/${id}`)
  await until(() => mine.heard.at(-1)?.payload.newState === 'destroyed')

  const told = mine.heard.map(({ name, payload }) => [
    name,
    payload.oldState ?? payload.oldDesiredState,
    payload.newState ?? payload.newDesiredState ?? payload.state,
  ])
  assert.deepEqual(told, [
    ['sandbox.created', undefined, 'creating'],
    ['sandbox.state.updated', 'creating', 'started'],
    ['sandbox.state.updated', 'started', 'stopping'],
    ['sandbox.desired-state.updated', 'started', 'stopped'],
    ['sandbox.state.updated', 'stopping', 'stopped'],
    ['sandbox.state.updated', 'stopped', 'destroying'],
    ['sandbox.desired-state.updated', 'stopped', 'destroyed'],
    ['sandbox.state.updated', 'destroying', 'destroyed'],
  ])
  const [created, started] = mine.heard
  assert.deepEqual([created?.payload.id, created?.payload.env], [id, { A: '1' }])
  assert.equal(started?.payload.sandbox.id, id)
  assert.equal(started?.payload.sandbox.toolboxProxyUrl, `${site.url}/toolbox`, 'links lead to where the client came')
  assert.deepEqual(theirs.heard, [])
})

test('tells the life of a volume, to its organization only', async () => {
  await using server = await openTestServer()
  await using site = await listen(server)
  using mine = connect(site.url, adminKey)
  using theirs = connect(site.url, await server.stranger())
  await Promise.all([next(mine.socket, 'connect'), next(theirs.socket, 'connect')])

  const { id: volumeId } = (await server.call('POST /volumes', { body: { name: 'data' } })).body
  const volumes = [
    { volumeId, mountPath: '/data' },
    { volumeId, mountPath: '/again' },
  ]
  const { id } = await server.create({ volumes })
  await until(() => mine.heard.some(({ name }) => name === 'volume.lastUsedAt.updated'))
  await server.call(`DELETE /sandbox/${id}`)
  await server.call(`DELETE /volumes/${volumeId}`)
  await until(() => mine.heard.at(-1)?.payload.newState === 'deleted')

  const told = mine.heard
    .filter(({ name }) => name.startsWith('volume.'))
    .map(({ name, payload }) => [name, payload.oldState, payload.newState ?? payload.state])
  assert.deepEqual(told, [
    ['volume.created', undefined, 'pending_create'],
    ['volume.state.updated', 'pending_create', 'creating'],
    ['volume.state.updated', 'creating', 'ready'],
    ['volume.lastUsedAt.updated', undefined, 'ready'],
    ['volume.state.updated', 'ready', 'pending_delete'],
    ['volume.state.updated', 'pending_delete', 'deleting'],
    ['volume.state.updated', 'deleting', 'deleted'],
  ])
  assert.equal(mine.heard[1]?.payload.volume.id, volumeId)
  assert.deepEqual(theirs.heard, [])
})

test('tells the life of a snapshot, to its organization only', async () => {
  await using server = await openTestServer()
  await using site = await listen(server)
  using mine = connect(site.url, adminKey)
  using theirs = connect(site.url, await server.stranger())
  await Promise.all([next(mine.socket, 'connect'), next(theirs.socket, 'connect')])

  const { id } = await server.create()
  await server.call(`POST /sandbox/${id}/snapshot`, { body: { name: 'base' } })
  await server.call('POST /snapshots/base/deactivate')
  await server.call('DELETE /snapshots/base')
  await until(() => mine.heard.at(-1)?.name === 'snapshot.removed')

  const told = mine.heard
    .filter(({ name }) => name.startsWith('snapshot.'))
    .map(({ name, payload }) => [name, payload.oldState, payload.newState ?? payload.state])
  assert.deepEqual(told, [
    ['snapshot.created', undefined, 'snapshotting'],
    ['snapshot.state.updated', 'snapshotting', 'active'],
    ['snapshot.state.updated', 'active', 'inactive'],
    ['snapshot.state.updated', 'inactive', 'removing'],
    ['snapshot.removed', undefined, 'removing'],
  ])
  const changed = mine.heard.find(({ name }) => name === 'snapshot.state.updated')
  assert.deepEqual([changed?.payload.snapshot.name, changed?.payload.snapshot.sourceSandboxId], ['base', id])
  assert.deepEqual(theirs.heard, [])
})

test('lets nobody in without a good key', async () => {
  await using server = await openTestServer()
  await using site = await listen(server)
  for (const token of [undefined, 'wrong', '', 7, { a: 1 }, 'x'.repeat(5000)]) {
    using client = connect(site.url, token)
    const error = (await next(client.socket, 'connect_error')) as Error
    assert.equal(error.message, 'Invalid credentials', JSON.stringify(token)?.slice(0, 50))
  }
})

test('a deleted key is disconnected, one past its time too', async () => {
  await using server = await openTestServer()
  await using site = await listen(server)
  const key = (name: string, expiresAt: string | null) =>
    server.call('POST /api-keys', { body: { name, permissions: [], expiresAt } })
  const short = (await key('short', '2030-01-01T00:00:10Z')).body.value
  const deleted = (await key('deleted', null)).body.value
  using first = connect(site.url, short)
  using second = connect(site.url, deleted)
  await Promise.all([next(first.socket, 'connect'), next(second.socket, 'connect')])
  await Promise.all([next(second.socket, 'disconnect'), server.call('DELETE /api-keys/deleted')])
  server.clock.nowMs += 10_000
  await Promise.all([next(first.socket, 'disconnect'), server.create()])
  assert.deepEqual(first.heard, [])
})

test('speaks over websocket only, and leaves other upgrades to others', async () => {
  await using server = await openTestServer()
  await using site = await listen(server)
  const polling = await fetch(`${site.url}/api/socket.io/?EIO=4&transport=polling`)
  assert.equal(polling.status, 404)
  using client = connect(site.url, adminKey, { path: '/elsewhere/' })
  await next(client.socket, 'connect_error')
})

test('what clients send is ignored, and too much of it ends the connection', async () => {
  await using server = await openTestServer()
  await using site = await listen(server)
  using client = connect(site.url, adminKey)
  await next(client.socket, 'connect')
  client.socket.emit('sandbox.created', { id: 'forged' })
  client.socket.emit('join', 'everything')
  await server.create()
  await until(() => client.heard.length === 2)
  client.socket.emit('noise', 'x'.repeat(100_000))
  await next(client.socket, 'disconnect')
  assert.deepEqual(server.faults, [])
})
