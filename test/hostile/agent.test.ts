import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Ground, type Inside, openGround } from './ground.ts'
import { besides, residentBytes } from './neighbour.ts'

const MiB = 2 ** 20

describe('an agent in the wrong hands', () => {
  let ground: Ground
  let neighbour: Inside

  before(async () => {
    ground = await openGround()
    neighbour = await ground.create()
  })
  after(() => ground?.close())

  test('that is killed takes its sandbox along, which says so and starts again', async () => {
    const inside = await ground.create()
    const { status } = await besides(neighbour, () => inside.run('kill -9 $(pgrep -f /agent.cjs)'))
    assert.equal(status, 502)
    await inside.reach('stopped')
    assert.equal((await inside.look()).errorReason, 'The processes of the sandbox ended by themselves.')
    await inside.order('start')
    assert.equal((await inside.run('echo again')).text, 'again\n')
    await inside.remove()
  })

  const refused = ['garbage', 'endless headers', 'two framings']
  for (const manner of [...refused, 'endless chunk extension', 'endless body', 'a byte now and then', 'silence']) {
    test(`that answers with ${manner} harms nobody else`, async (context) => {
      const inside = await takenOver(context, ground, manner)
      if (inside === null) return
      const before = residentBytes(ground.platform.pid)
      const outcomes = await besides(neighbour, () => Promise.all([1, 2, 3].map(() => ask(ground, inside))))
      const expected = refused.includes(manner) ? '502' : 'cut'
      // One may have gone out on a connection that the agent had kept open, and hang there.
      assert.ok(outcomes.filter((outcome) => outcome === expected).length >= 2, outcomes.join())
      const grown = residentBytes(ground.platform.pid) - before
      assert.ok(grown < 64 * MiB, `the platform grew by ${grown} bytes`)
      await inside.remove()
    })
  }

  test('that sends interim answers without end harms nobody else', async (context) => {
    const inside = await takenOver(context, ground, 'endless interim answers')
    if (inside === null) return
    const before = residentBytes(ground.platform.pid)
    try {
      await besides(neighbour, () => Promise.all([1, 2, 3].map(() => hold(ground, inside, 3000))))
      const grown = residentBytes(ground.platform.pid) - before
      assert.ok(grown < 64 * MiB, `the platform grew by ${grown} bytes`)
    } finally {
      await inside.remove()
    }
  })

  test('does not keep the platform from starting again', async (context) => {
    const manners = ['silence', 'a byte now and then', 'endless body', 'endless headers']
    const taken = await Promise.all(manners.map((manner) => takenOver(context, ground, manner)))
    if (taken.includes(null)) return
    const huge = await hugeEnvironment(ground)
    await ground.platform.end('SIGKILL')
    const startedAt = performance.now()
    await ground.platform.start()
    assert.ok(performance.now() - startedAt < 10_000, 'it waits for none of them')
    await besides(neighbour, () => sleep(1500))
    assert.ok(residentBytes(ground.platform.pid) < 400 * MiB)
    assert.equal((await huge.look()).state, 'started')
    await Promise.all([...taken, huge].map((inside) => inside?.remove()))
  })
})

/** A sandbox whose agent has been replaced; `null` where the kernel does not let programs look into others. */
async function takenOver(context: TestContext, ground: Ground, manner: string): Promise<Inside | null> {
  const inside = await ground.create()
  const { text } = await inside.run(`python3 /tmp/impostor.py '${manner}'`)
  if (text.startsWith('refused')) {
    context.skip(`the agent cannot be replaced on this machine: ${text}`)
    await inside.remove()
    return null
  }
  assert.equal(text, 'in place\n')
  await sleep(600)
  return inside
}

/** What came of a call: its status, or `cut` when it did not end well within two seconds. */
async function ask({ platform }: Ground, { id }: Inside): Promise<string> {
  try {
    const response = await fetch(`${platform.url}/toolbox/${id}/version`, {
      headers: { authorization: `Bearer ${platform.apiKey}` },
      signal: AbortSignal.timeout(2000),
    })
    for await (const _ of response.body ?? []);
    return String(response.status)
  } catch {
    return 'cut' // By the platform, or by our own patience.
  }
}

/** Asks and then neither reads nor goes away for a while. */
async function hold({ platform }: Ground, { id }: Inside, timeMs: number): Promise<void> {
  const { hostname, port } = new URL(platform.url)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.on('error', () => {}) // The platform may hang up.
  const headers = ['Host: localhost', `Authorization: Bearer ${platform.apiKey}`]
  socket.write(`GET /toolbox/${id}/version HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`)
  await sleep(timeMs)
  socket.destroy()
}

/** A sandbox with a process whose environment, as the host sees it, is longer than the longest text of JavaScript. */
async function hugeEnvironment(ground: Ground): Promise<Inside> {
  const inside = await ground.create({ memory: 2 })
  assert.equal((await inside.run('python3 /tmp/huge_environment.py')).text, 'huge\n')
  return inside
}
