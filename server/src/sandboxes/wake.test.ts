import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PlatformError } from '@sandyard/protocol'
import { adminKey, openTestServer, type TestServer, until } from '../testing/test-server.ts'

const minuteMs = 60_000

async function stateOf({ call }: TestServer, id: string): Promise<string> {
  return (await call(`GET /sandbox/${id}`)).body.state
}

/** Lets time pass until the clock's orders have brought the sandbox there. */
async function rest(server: TestServer, id: string, state: string): Promise<void> {
  server.clock.nowMs += 20 * minuteMs
  await server.server.reconcile.round()
  await until(async () => (await stateOf(server, id)) === state)
  await server.server.settled()
}

async function isWakeable({ server }: TestServer, id: string): Promise<boolean> {
  const answer = await server.access.check({
    label: id,
    target: { kind: 'toolbox' },
    credentials: { bearer: adminKey },
  })
  return answer.kind === 'granted' && answer.isWakeable === true
}

const wake = ({ server }: TestServer, id: string) => server.access.wake(id)

/** Ways to rest, and whether a request then starts the sandbox: by default, when chosen, and when refused. */
const ways: readonly {
  what: string
  body: object
  bring(server: TestServer, id: string): Promise<unknown>
  wakes: boolean
}[] = [
  { what: 'stopped by the clock', body: {}, bring: (server, id) => rest(server, id, 'stopped'), wakes: true },
  {
    what: 'paused by the clock',
    body: { autoPauseInterval: 5 },
    bring: (server, id) => rest(server, id, 'paused'),
    wakes: true,
  },
  {
    what: 'stopped and archived by the clock',
    body: { autoArchiveInterval: 5 },
    async bring(server, id) {
      await rest(server, id, 'stopped')
      await rest(server, id, 'archived')
    },
    wakes: true,
  },
  { what: 'stopped by a user', body: {}, bring: ({ call }, id) => call(`POST /sandbox/${id}/stop`), wakes: false },
  { what: 'paused by a user', body: {}, bring: ({ call }, id) => call(`POST /sandbox/${id}/pause`), wakes: false },
  {
    what: 'stopped by a user, archived by the clock',
    body: { autoArchiveInterval: 5 },
    async bring(server, id) {
      await server.call(`POST /sandbox/${id}/stop`)
      await rest(server, id, 'archived')
    },
    wakes: false,
  },
  {
    what: 'stopped by the clock, archived by a user',
    body: {},
    async bring(server, id) {
      await rest(server, id, 'stopped')
      await server.call(`POST /sandbox/${id}/archive`)
    },
    wakes: false,
  },
  {
    what: 'ended by itself',
    body: {},
    async bring(server, id) {
      server.engine.lose(id, 'It ran out of memory')
      await until(async () => (await stateOf(server, id)) === 'stopped')
    },
    wakes: false,
  },
  {
    what: 'ended by itself after it was woken',
    body: {},
    async bring(server, id) {
      await rest(server, id, 'stopped')
      await server.call(`POST /sandbox/${id}/autowake/true`)
      await wake(server, id)
      await until(async () => (await stateOf(server, id)) === 'started')
      server.engine.lose(id, 'It ran out of memory')
      await until(async () => (await stateOf(server, id)) === 'stopped')
    },
    wakes: false,
  },
]

for (const { what, body, bring, wakes } of ways) {
  for (const mode of ['idle', 'true', 'false']) {
    const expected = mode === 'idle' ? wakes : mode === 'true'
    test(`one that was ${what}, autowake ${mode}: ${expected ? 'starts' : 'rests'}`, async () => {
      await using server = await openTestServer()
      const { id } = await server.create(body)
      await bring(server, id)
      await server.call(`POST /sandbox/${id}/autowake/${mode}`)
      const before = await stateOf(server, id)
      assert.equal(await isWakeable(server, id), expected)
      const answer = await wake(server, id)
      if (expected) {
        await until(async () => (await stateOf(server, id)) === 'started')
        assert.equal(await isWakeable(server, id), false)
        assert.deepEqual(await wake(server, id), { kind: 'started' })
      } else {
        assert.equal(answer.kind, 'refused')
        assert.equal(await stateOf(server, id), before)
      }
    })
  }
}

test('many that ask at once cause one start, and the preview token stays', async () => {
  await using server = await openTestServer()
  const { id, organizationId } = await server.create()
  const token = async () => (await server.call(`GET /sandbox/${id}/ports/1/preview-url`)).body.token
  const before = await token()
  await rest(server, id, 'stopped')
  const states: string[] = []
  server.server.feed.subscribe(({ after }) => states.push(after.state))
  const answers = await Promise.all(Array.from({ length: 200 }, () => wake(server, id)))
  assert.ok(answers.every(({ kind }) => kind === 'started'))
  assert.deepEqual(states, ['starting', 'started'])
  assert.equal(await token(), before)
  const { items } = (await server.call(`GET /audit/organizations/${organizationId}`)).body
  const actions = items.map(({ action }: { action: string }) => action)
  assert.equal(actions.filter((action: string) => action === 'auto_wake').length, 1)
})

test('a start that fails is tried again only after a while, later each time', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  await rest(server, id, 'stopped')
  let starts = 0
  server.server.feed.subscribe(({ after }) => {
    if (after.state === 'starting') starts += 1
  })
  server.engine.knobs.failures.start = new PlatformError('INSUFFICIENT_CAPACITY', 'There is no room')
  for (const wait of [5_000, 10_000, 20_000]) {
    const first = await wake(server, id)
    assert.deepEqual(first, { kind: 'refused', reason: 'There is no room', retryAfterMs: wait })
    const made = starts
    for (let round = 0; round < 50; round += 1) await wake(server, id)
    assert.equal(starts, made, 'no storm')
    assert.equal(await isWakeable(server, id), true, 'it still may be woken')
    server.clock.nowMs += wait
  }
  server.engine.knobs.failures = {}
  assert.equal((await wake(server, id)).kind, 'started')
  assert.equal(starts, 4)
})

test('the first moments of a suspension do not start anything', async () => {
  await using server = await openTestServer()
  const { id, organizationId } = await server.create()
  await rest(server, id, 'stopped')
  const body = { reason: 'unpaid', suspensionCleanupGracePeriodHours: 24 }
  const suspended = await server.call(`POST /organizations/${organizationId}/suspend`, { body })
  assert.ok(suspended.status < 300, JSON.stringify(suspended.body))
  assert.equal((await wake(server, id)).kind, 'refused')
  assert.equal((await server.server.store.sandboxes.byId(id))?.state, 'stopped')
})

test('nobody wakes what is not there', async () => {
  await using server = await openTestServer()
  assert.deepEqual(await wake(server, 'no-such'), {
    kind: 'refused',
    reason: 'There is no such sandbox',
    retryAfterMs: null,
  })
})
