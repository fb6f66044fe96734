import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { hostState } from '../fixtures/host-state.ts'
import { startTestPlatform, type TestPlatform } from '../fixtures/platform.ts'

interface SandboxBody {
  readonly id: string
  readonly state: string
  readonly errorReason?: string
}

const count = 20

describe('a platform that is killed', () => {
  let platform: TestPlatform

  before(async () => {
    platform = await startTestPlatform()
  })
  after(async () => {
    const { index, data } = platform
    await platform.remove()
    const { loops, ...rest } = hostState(index)
    assert.deepEqual(Object.values(rest).flat(), [], 'reset leaves nothing on the host')
    assert.deepEqual(
      loops.filter((file) => file.startsWith(data)),
      [],
    )
  })

  test('finds all running sandboxes again, and their commands never stopped', async () => {
    const ids = await Promise.all(Array.from({ length: count }, () => create(platform)))
    const [first = ''] = ids
    const session = `/process/session`
    await toolbox(platform, first, 'POST', session, { sessionId: 'long' })
    const started = await toolbox(platform, first, 'POST', `${session}/long/exec`, {
      command: 'for i in $(seq 1 60); do echo line $i; sleep 0.1; done; echo end',
      runAsync: true,
    })
    const { cmdId } = started.body as { cmdId: string }
    await sleep(500)

    await platform.end('SIGKILL')
    const restartedAt = performance.now()
    await platform.start()
    const restartMs = performance.now() - restartedAt

    assert.deepEqual(await states(platform, ids), new Set(['started']))
    const log = await waitForLog(platform, first, `${session}/long/command/${cmdId}/logs`)
    const lines = log.split('\n').filter((line) => line !== '')
    assert.deepEqual(lines, [...Array.from({ length: 60 }, (_, index) => `line ${index + 1}`), 'end'])
    assert.ok(restartMs < 15_000, `ready again after ${restartMs} ms`)
    await Promise.all(ids.map((id) => remove(platform, id)))
  })

  test('leaves nothing half-made when it dies during creates, and keeps what it acknowledged', async () => {
    for (const delayMs of [30, 150, 400]) {
      const acknowledged: string[] = []
      const creates = Array.from({ length: count }, async () => {
        acknowledged.push(await create(platform))
      })
      const ended = Promise.allSettled(creates)
      await sleep(delayMs)
      await platform.end('SIGKILL')
      await ended
      await platform.start()
      const isSettled = (row: { state: string }) => row.state === 'started' || row.state === 'stopped'
      // What was half-made may be on its way out for a moment.
      for (let tries = 0; tries < 100 && !(await list(platform)).every(isSettled); tries++) await sleep(50)
      const rows = await list(platform)
      assert.ok(rows.every(isSettled), summary(rows))
      for (const id of acknowledged)
        assert.equal(rows.find((row) => row.id === id)?.state, 'started', `${id} was acknowledged`)
      await assertHostMatches(rows.filter((row) => row.state === 'started').length)
      await Promise.all(rows.map((row) => remove(platform, row.id)))
    }
  })

  test('finishes deletes that it had acknowledged or begun', async () => {
    for (const delayMs of [5, 40]) {
      const ids = await Promise.all(Array.from({ length: count }, () => create(platform)))
      const acknowledged: string[] = []
      const deletes = ids.map(async (id) => {
        await remove(platform, id)
        acknowledged.push(id)
      })
      const ended = Promise.allSettled(deletes)
      await sleep(delayMs)
      await platform.end('SIGKILL')
      await ended
      await platform.start()
      const isStarted = (row: { state: string }) => row.state === 'started'
      // What was begun goes on.
      for (let tries = 0; tries < 100 && !(await list(platform)).every(isStarted); tries++) await sleep(50)
      const rows = await list(platform)
      for (const id of acknowledged)
        assert.equal(
          rows.find((row) => row.id === id),
          undefined,
          `${id} was deleted`,
        )
      assert.ok(rows.every(isStarted), summary(rows))
      await Promise.all(rows.map((row) => remove(platform, row.id)))
      await assertHostMatches(0)
    }
  })

  test('tells why a sandbox is stopped whose processes ended while it was away', async () => {
    const id = await create(platform)
    await platform.end('SIGKILL')
    endAll(hostState(platform.index).processes)
    await platform.start()
    const row = (await platform.call('GET', `/sandbox/${id}`)).body as SandboxBody
    assert.equal(row.state, 'stopped')
    assert.match(row.errorReason ?? '', /ended/)
    assert.equal((await platform.call('POST', `/sandbox/${id}/start`)).status, 200)
    await remove(platform, id)
  })

  test('starts again after a reboot: sandboxes are stopped, and new ones get a network of their own', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => create(platform)))
    await toolbox(platform, ids[0] ?? '', 'POST', '/process/execute', { command: 'echo kept > kept.txt; sync' })
    await platform.end('SIGKILL')
    reboot(platform.index)
    await platform.start()
    for (const row of await list(platform))
      assert.deepEqual([row.state, row.errorReason], ['stopped', 'The machine was restarted.'])
    // At once, while what is left of the old ones is still being cleared.
    const fresh = await Promise.all(Array.from({ length: 8 }, () => create(platform)))
    for (const id of ids) assert.equal((await platform.call('POST', `/sandbox/${id}/start`)).status, 200)
    await sleep(1500)
    const addresses = await Promise.all([...ids, ...fresh].map((id) => addressOf(platform, id)))
    for (const address of addresses) assert.match(address, /^198\.1[89]\./)
    assert.equal(new Set(addresses).size, addresses.length)
    const kept = await toolbox(platform, ids[0] ?? '', 'POST', '/process/execute', { command: 'cat kept.txt' })
    assert.equal((kept.body as { result: string }).result, 'kept\n')
    await Promise.all([...ids, ...fresh].map((id) => remove(platform, id)))
    await assertHostMatches(0)
  })

  /** As many of everything as sandboxes run; what is made ahead may add a few. */
  async function assertHostMatches(expected: number): Promise<void> {
    const deadline = Date.now() + 60_000
    for (;;) {
      const state = hostState(platform.index)
      const seen = {
        mounts: state.mounts.length,
        cgroups: state.cgroups.filter((name) => !name.startsWith('sandyard-')).length,
        slots: Math.max(state.namespaces.length, state.interfaces.length),
        isRunning: state.processes.length > 0,
        folders: readdirSync(join(platform.data, 'sandboxes')).length,
        disks: readdirSync(join(platform.data, 'disks')).length,
      }
      const isRight =
        seen.cgroups === expected &&
        seen.folders === expected &&
        seen.isRunning === expected > 0 &&
        [seen.slots, seen.disks, seen.mounts].every((count) => count >= expected && count <= expected + spares)
      if (isRight) return
      if (Date.now() > deadline) assert.fail(`expected ${expected} sandboxes, found ${JSON.stringify(seen)}`)
      await sleep(100)
    }
  }
})

/** Network slots and mounted disks that the engine keeps ready. */
const spares = 3

/** Ends processes; the first one of a sandbox takes the others along. */
function endAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}

/** Takes away what a reboot takes: processes, mounts, network, cgroups and everything under /run. */
function reboot(index: number): void {
  const { processes, mounts, namespaces, interfaces } = hostState(index)
  endAll(processes)
  for (const name of interfaces) spawnSync('ip', ['link', 'delete', name])
  for (const name of namespaces) spawnSync('ip', ['netns', 'delete', name])
  for (const mount of mounts) spawnSync('umount', ['--lazy', mount])
  rmSync(`/run/sandyard/${index}`, { recursive: true })
}

/** The address that the sandbox's interface has. */
async function addressOf(platform: TestPlatform, id: string): Promise<string> {
  const command = "ip -4 -o addr show eth0 | awk '{ print $4 }'"
  const { body } = await toolbox(platform, id, 'POST', '/process/execute', { command })
  return (body as { result: string }).result.trim()
}

async function create(platform: TestPlatform): Promise<string> {
  const { status, body } = await platform.call('POST', '/sandbox', {})
  assert.equal(status, 200, JSON.stringify(body))
  return (body as SandboxBody).id
}

async function remove(platform: TestPlatform, id: string): Promise<void> {
  const { status, body } = await platform.call('DELETE', `/sandbox/${id}`)
  assert.equal(status, 200, JSON.stringify(body))
}

async function list(platform: TestPlatform): Promise<SandboxBody[]> {
  const { body } = await platform.call('GET', '/sandbox?limit=200')
  return (body as { items: SandboxBody[] }).items
}

function summary(rows: readonly SandboxBody[]): string {
  return rows.map((row) => `${row.id} ${row.state}`).join(', ')
}

async function states(platform: TestPlatform, ids: readonly string[]): Promise<Set<string>> {
  const rows = await list(platform)
  return new Set(ids.map((id) => rows.find((row) => row.id === id)?.state ?? 'missing'))
}

async function toolbox(
  platform: TestPlatform,
  id: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${platform.url}/toolbox/${id}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${platform.apiKey}`,
      'content-type': 'application/json',
      'x-daytona-sdk-version': '0.218.0',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`)
  return { status: response.status, body: text === '' ? null : JSON.parse(text) }
}

async function waitForLog(platform: TestPlatform, id: string, path: string): Promise<string> {
  const deadline = Date.now() + 60_000
  for (;;) {
    const { stdout } = (await toolbox(platform, id, 'GET', path)).body as { stdout: string }
    if (stdout.endsWith('end\n')) return stdout
    assert.ok(Date.now() < deadline, `the command did not come to its end: ${stdout.slice(-200)}`)
    await sleep(200)
  }
}
