import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SandboxState } from '@sandyard/protocol'
import { openTestServer, type TestServer, until } from '../testing/test-server.ts'
import { type Operation, operations, type RestingState, restingStates } from '../testing/wire-states.ts'

/** How a new sandbox gets to each state. */
const ways: Readonly<
  Record<RestingState, (server: Pick<TestServer, 'server' | 'call' | 'clock'>, id: string) => Promise<unknown>>
> = {
  started: async () => {},
  stopped: ({ call }, id) => call(`POST /sandbox/${id}/stop`),
  paused: ({ call }, id) => call(`POST /sandbox/${id}/pause`),
  async archived(server, id) {
    await ways.stopped(server, id)
    await server.call(`POST /sandbox/${id}/archive`)
  },
  async error({ server, call, clock }, id) {
    await ways.stopped({ server, call, clock }, id)
    const patch = { errorReason: 'it broke', isRecoverable: true }
    const change = { id, from: 'stopped', to: 'error', patch, nowMs: clock.nowMs } as const
    assert.equal((await server.store.sandboxes.changeState(change))?.state, 'error')
  },
}

async function bring(server: TestServer, state: RestingState): Promise<string> {
  const { id } = await server.create()
  await ways[state](server, id)
  await until(async () => (await server.call(`GET /sandbox/${id}`)).body.state === state)
  return id
}

async function operate(server: TestServer, { request, body }: Operation, id: string) {
  const [method, verb = ''] = request.split(' ')
  return server.call(`${method} /sandbox/${id}${verb === '' ? '' : `/${verb}`}`, body === undefined ? {} : { body })
}

for (const operation of operations) {
  for (const state of restingStates) {
    const path = operation.done[state]
    test(`${operation.request.trim()} of a sandbox that is ${state}: ${path === undefined ? 'refused' : path.join(' > ')}`, async () => {
      await using server = await openTestServer()
      const id = await bring(server, state)
      const seen: SandboxState[] = []
      server.server.feed.subscribe(({ after }) => {
        if (after.id === id) seen.push(after.state)
      })
      const answer = await operate(server, operation, id)
      await server.server.settled()
      if (path === undefined) {
        assert.equal(answer.status, operation.refused.status, JSON.stringify(answer.body))
        assert.match(answer.body.message, operation.refused.message)
        assert.deepEqual(seen, [], 'what is refused changes nothing')
        return
      }
      assert.equal(answer.status, 200, JSON.stringify(answer.body))
      assert.deepEqual(seen, path)
    })
  }
}

/** A sandbox on its way to a state. */
interface UnderWay {
  readonly on: SandboxState
  readonly from: RestingState
  readonly request: string
  readonly to: SandboxState
  /** what is no conflict: it leads to the same state, or turns round as the wire says of archiving */
  readonly joined: readonly string[]
}

const underWay: readonly UnderWay[] = [
  { on: 'stopping', from: 'started', request: 'POST stop', to: 'stopped', joined: [] },
  { on: 'starting', from: 'stopped', request: 'POST start', to: 'started', joined: ['POST recover'] },
  { on: 'archiving', from: 'stopped', request: 'POST archive', to: 'archived', joined: ['POST start', 'POST recover'] },
  { on: 'restoring', from: 'archived', request: 'POST start', to: 'started', joined: ['POST recover'] },
  { on: 'destroying', from: 'started', request: 'DELETE ', to: 'destroyed', joined: [] },
]

for (const { on, from, request, to, joined } of underWay) {
  test(`every other operation on a sandbox that is ${on} is a conflict, and it ends up ${to}`, async () => {
    await using server = await openTestServer()
    const id = await bring(server, from)
    Object.assign(server.engine.knobs, { startDelayMs: 800, stopDelayMs: 800, destroyDelayMs: 800 })
    const first = operate(server, operations.find((operation) => operation.request === request) as Operation, id)
    const stateOf = async () => (await server.server.store.sandboxes.byId(id))?.state
    await until(async () => (await stateOf()) === on)
    for (const other of operations) {
      if (other.request === request || joined.includes(other.request)) continue
      const { status, body } = await operate(server, other, id)
      assert.equal(status, 409, `${other.request}: ${JSON.stringify(body)}`)
      assert.match(body.message, /^Sandbox state change in progress$/)
    }
    assert.equal((await first).status, 200)
    await until(async () => (await stateOf()) === to)
  })
}
