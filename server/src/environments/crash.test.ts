import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createFakeEngine } from '../../../engine/src/fake/fake-engine.ts'
import { openTestServer, type TestServer, until } from '../testing/test-server.ts'
import { type Scripted, scripted } from './environments.fixture.ts'
import { PlatformStops } from './step.ts'

/** in memory where that can be: what dies a hundred times need not wait for a disk */
const quick = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const body = { repository: 'https://git.example.com/team/app.git', branch: 'main' }

/** Where a platform dies: at the write of this number, before it is in the store or after. */
interface Death {
  readonly at: number
  readonly isAfter: boolean
}

/** What only reads; everything else is a write. */
const reads = new Set([
  ...['byId', 'find', 'ofOrganization', 'ofProject', 'bySandbox', 'steps', 'leaving', 'litter', 'bereft'],
  ...['waiting', 'next', 'organizations'],
])

/** Counts the writes on preview environments from here on; from the death on nothing is written any more. */
function dieAt({ server }: TestServer, death: Death | null): { writes(): number; hasDied(): boolean } {
  let writes = 0
  let isDead = false
  for (const store of [server.store.environments, server.store.environmentRuns] as Record<string, unknown>[]) {
    for (const [name, method] of Object.entries(store)) {
      if (reads.has(name)) continue
      const write = method as (...args: unknown[]) => Promise<unknown>
      store[name] = async (...args: unknown[]) => {
        if (isDead) throw new Error('The platform is dead')
        writes += 1
        isDead = writes === death?.at
        if (isDead && death?.isAfter === false) throw new Error('The platform dies')
        const written = await write(...args)
        if (isDead) throw new Error('The platform dies')
        return written
      }
    }
  }
  return { writes: () => writes, hasDied: () => isDead }
}

/** What happens to a preview, and what it comes to wherever the platform dies meanwhile. */
interface Story {
  readonly name: string
  /** before anything can die */
  readonly before?: (server: TestServer) => Promise<string>
  readonly act: (server: TestServer, id: string) => Promise<string>
  readonly isOver: (server: TestServer, id: string) => Promise<boolean>
  readonly check: (server: TestServer, id: string) => Promise<void>
}

const statusOf = async ({ call }: TestServer, id: string) => (await call(`GET /previews/${id}`)).body.status as string
const sandboxesOf = async ({ call }: TestServer) =>
  ((await call('GET /sandbox')).body.items as { id: string }[]).map(({ id }) => id)

async function make(server: TestServer): Promise<string> {
  const answer = await server.call('POST /previews', { body })
  // Dead already: the row is there, or it is not.
  if (answer.status === 200) return answer.body.id
  return (await server.call('GET /previews')).body[0]?.id ?? ''
}

async function makeReady(server: TestServer): Promise<string> {
  const id = await make(server)
  await until(async () => (await statusOf(server, id)) === 'ready')
  return id
}

async function isReady(server: TestServer, id: string): Promise<boolean> {
  return (await statusOf(server, id)) === 'ready' && (await sandboxesOf(server)).length === 1
}

async function checkReady(server: TestServer, id: string): Promise<void> {
  const preview = (await server.call(`GET /previews/${id}`)).body
  assert.deepEqual(await sandboxesOf(server), [preview.sandboxId], 'it has one sandbox, and no other is left')
  for (const step of preview.steps) assert.match(step.state, /^(done|skipped)$/, step.name)
  assert.match((await server.call(`GET /previews/${id}/log`)).body, /The preview is ready\n$/)
}

const stories: readonly Story[] = [
  { name: 'the first build', act: make, isOver: isReady, check: checkReady },
  { name: 'an update', before: makeReady, act: make, isOver: isReady, check: checkReady },
  {
    name: 'a restart',
    before: makeReady,
    async act(server, id) {
      await server.call(`POST /previews/${id}/restart`)
      return id
    },
    isOver: isReady,
    check: checkReady,
  },
  {
    name: 'a deletion',
    before: makeReady,
    async act(server, id) {
      await server.call(`DELETE /previews/${id}`)
      return id
    },
    isOver: async (server, id) => (await server.call(`GET /previews/${id}`)).status === 404,
    async check(server) {
      assert.deepEqual(await sandboxesOf(server), [])
      assert.deepEqual((await server.call('GET /previews')).body, [])
    },
  },
]

/** Lives through a story and dies in it; then another platform goes on. Answers how many writes there were. */
async function live(story: Story, death: Death | null): Promise<number> {
  const folder = await mkdtemp(join(quick, 'sandyard-preview-crash-'))
  try {
    const engine = createFakeEngine()
    const options = { storePath: join(folder, 'store.sqlite'), folder, engine }
    const first = await openTestServer({ ...options, previewSteps: scripted({}).make })
    const known = (await story.before?.(first)) ?? ''
    // What the end of the last run has left to do is done.
    await first.server.environments.round()
    const count = dieAt(first, death)
    let id = await story.act(first, known)
    if (death === null) await until(() => story.isOver(first, id))
    else await until(() => count.hasDied())
    if (death === null) await story.check(first, id)
    const writes = count.writes()
    await first.server.close()
    if (death === null) return writes

    await using second = await openTestServer({ ...options, previewSteps: scripted({}).make })
    // What was not answered may not be there: whoever asks again gets the same.
    if (id === '' || (await second.call(`GET /previews/${id}`)).body.status === 'ready')
      id = await story.act(second, id)
    await until(async () => {
      await second.server.reconcile.round()
      return story.isOver(second, id)
    })
    await story.check(second, id)
    assert.deepEqual(second.faults, [])
    return writes
  } finally {
    await rm(folder, { recursive: true })
  }
}

for (const story of stories) {
  test(`${story.name} comes to its end wherever the platform dies`, async () => {
    const writes = await live(story, null)
    assert.ok(writes > 2, `${writes}`)
    const deaths = Array.from({ length: 2 * writes }, (_, n) => ({ at: 1 + (n >> 1), isAfter: n % 2 === 1 }))
    const next = async (): Promise<void> => {
      for (let death = deaths.shift(); death !== undefined; death = deaths.shift()) {
        const where = `Write ${death.at} of ${writes}, ${death.isAfter ? 'after' : 'before'} it was stored`
        await live(story, death).catch((cause: unknown) => {
          throw new Error(where, { cause })
        })
      }
    }
    await Promise.all(Array.from({ length: 4 }, next))
  })
}

test('the log of a preview that went in a crash goes at the next start', async () => {
  const folder = await mkdtemp(join(quick, 'sandyard-preview-crash-'))
  try {
    const logs = join(folder, 'preview-logs')
    await mkdir(logs)
    await writeFile(join(logs, `${randomUUID()}.log`), 'of nobody')
    const options = { storePath: join(folder, 'store.sqlite'), folder, engine: createFakeEngine() }
    await using server = await openTestServer({ ...options, previewSteps: scripted({}).make })
    await until(async () => (await readdir(logs)).length === 0)
    const id = await makeReady(server)
    assert.deepEqual(await readdir(logs), [`${id}.log`])
    await server.call(`DELETE /previews/${id}`)
    await until(async () => (await readdir(logs)).length === 0)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a platform that stops leaves the step under way, which goes on with what it remembered', async () => {
  const folder = await mkdtemp(join(quick, 'sandyard-preview-crash-'))
  try {
    const options = { storePath: join(folder, 'store.sqlite'), folder, engine: createFakeEngine() }
    const reasons: unknown[] = []
    const waits: Scripted = {
      install: async ({ remember, tell, signal }) => {
        await remember('command 7')
        tell('half of it\n')
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
        reasons.push(signal.reason)
        throw signal.reason
      },
    }
    const first = await openTestServer({ ...options, previewSteps: scripted(waits).make })
    const id = await make(first)
    await until(async () => /half of it/.test((await first.call(`GET /previews/${id}/log`)).body))
    const following = first.call(`GET /previews/${id}/log?follow=true`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    await first.server.close()
    assert.match((await following).body, /half of it\n$/)
    assert.ok(reasons[0] instanceof PlatformStops)

    const memories: (string | null)[] = []
    const goesOn: Scripted = {
      async install({ memory, tell }) {
        memories.push(memory)
        tell('the rest of it\n')
        return { kind: 'done' }
      },
    }
    const steps = scripted(goesOn)
    await using second = await openTestServer({ ...options, previewSteps: steps.make })
    await until(async () => (await statusOf(second, id)) === 'ready')
    assert.deepEqual(memories, ['command 7'])
    assert.deepEqual(steps.begun, ['install', 'build', 'start', 'ready'], 'what was done is not done again')
    const preview = (await second.call(`GET /previews/${id}`)).body
    assert.equal(preview.steps.find(({ name }: { name: string }) => name === 'install').attempts, 1)
    const log = (await second.call(`GET /previews/${id}/log`)).body
    assert.match(log, /half of it\n\n\[the platform was restarted; install goes on\]\nthe rest of it\n/)
    assert.deepEqual(first.faults, [])
  } finally {
    await rm(folder, { recursive: true })
  }
})
