import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { hostState } from '../fixtures/host-state.ts'
import { startTestPlatform, type TestPlatform } from '../fixtures/platform.ts'

interface SandboxBody {
  readonly id: string
  readonly state: string
  readonly organizationId: string
}

const count = 2

describe('sandboxes that are ready for whoever asks first', () => {
  let platform: TestPlatform

  before(async () => {
    platform = await startTestPlatform(['--ready-sandboxes', `${count}`])
  })
  after(async () => {
    const { index } = platform
    await platform.remove()
    const { loops: _, ...rest } = hostState(index)
    assert.deepEqual(Object.values(rest).flat(), [], 'reset leaves nothing on the host')
  })

  test('one is taken, and is what a fresh one would be: its name, its variables, its size, its network', async () => {
    const ready = await whenReady(platform, [])
    const listed = (await platform.call('GET', '/sandbox')).body as { items: SandboxBody[] }
    assert.deepEqual(listed.items, [], 'nobody sees them')
    const body = { env: { WORD: 'mine' }, memory: 2, networkBlockAll: true, labels: { a: 'b' } }
    const { id, organizationId } = await create(platform, body)
    assert.ok(ready.includes(id))
    assert.equal(await execute(platform, id, 'hostname'), id)
    assert.equal(
      await execute(platform, id, 'echo $WORD $DAYTONA_SANDBOX_ID $DAYTONA_ORGANIZATION_ID'),
      `mine ${id} ${organizationId}`,
    )
    assert.equal(await execute(platform, id, 'tr "\\0" "\\n" < /proc/1/environ | grep -c ORGANIZATION_ID; true'), '0')
    const limit = 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max'
    assert.equal(await execute(platform, id, limit), `${2 * 2 ** 30}`)
    const refused = await execute(platform, id, 'timeout 3 bash -c "echo > /dev/tcp/198.51.100.1/80" 2>&1 || echo no')
    assert.match(refused, /no$/)
    // What it was made with is kept over a stop, too.
    assert.equal((await platform.call('POST', `/sandbox/${id}/stop`)).status, 200)
    await until(async () => (await stateOf(platform, id)) === 'stopped')
    assert.equal((await platform.call('POST', `/sandbox/${id}/start`)).status, 200)
    await until(async () => (await stateOf(platform, id)) === 'started')
    assert.equal(await execute(platform, id, 'echo $WORD $DAYTONA_ORGANIZATION_ID'), `mine ${organizationId}`)
    assert.equal((await platform.call('DELETE', `/sandbox/${id}`)).status, 200)
  })

  test('after kill -9 they are made anew, and what somebody has taken goes on', async () => {
    const before = await whenReady(platform, [])
    const { id } = await create(platform, { env: { WORD: 'mine' } })
    await platform.end('SIGKILL')
    await platform.start()
    const again = await whenReady(platform, [id])
    assert.deepEqual(
      again.filter((each) => before.includes(each)),
      [],
    )
    assert.equal(await execute(platform, id, 'echo $WORD'), 'mine')
    assert.equal((await platform.call('DELETE', `/sandbox/${id}`)).status, 200)
  })

  test('killed in the midst of many creates: each is somebody’s and whole, or is gone', async () => {
    for (const pauseMs of [5, 20, 60]) {
      await whenReady(platform, [])
      const calls = Array.from({ length: 4 }, (_, n) =>
        platform.call('POST', '/sandbox', { name: `n${n}`, env: { WORD: `${n}` } }).catch(() => null),
      )
      await sleep(pauseMs)
      await platform.end('SIGKILL')
      await Promise.all(calls)
      await platform.start()
      const moving = async (): Promise<SandboxBody[]> =>
        ((await platform.call('GET', '/sandbox')).body as { items: SandboxBody[] }).items
      await until(async () => (await moving()).every(({ state }) => state === 'started' || state === 'error'))
      const made = await moving()
      for (const { id, state } of made) {
        if (state === 'started') assert.match(await execute(platform, id, 'echo $WORD'), /^[0-3]$/)
        await platform.call('DELETE', `/sandbox/${id}`)
      }
    }
  })

  test('they leave with the platform; the others stay', async () => {
    await whenReady(platform, [])
    const { id } = await create(platform, {})
    await whenReady(platform, [id])
    await platform.end('SIGTERM')
    assert.deepEqual(sandboxesOn(platform), [id])
    await platform.start()
    await whenReady(platform, [id])
    assert.equal(await execute(platform, id, 'echo still'), 'still')
    assert.equal((await platform.call('DELETE', `/sandbox/${id}`)).status, 200)
  })
})

/** Ids of those that run on the host. */
function sandboxesOn({ index }: TestPlatform): string[] {
  return hostState(index).cgroups.filter((name) => !name.startsWith('sandyard-'))
}

/** Waits until beside these so many are ready as there are to be, and for a moment nothing changes; answers their ids. */
async function whenReady(platform: TestPlatform, others: readonly string[]): Promise<string[]> {
  let ids: string[] = []
  let since = Date.now()
  await until(async () => {
    const now = sandboxesOn(platform)
      .filter((id) => !others.includes(id))
      .sort()
    if (now.join() !== ids.join()) since = Date.now()
    ids = now
    return ids.length === count && Date.now() - since > 1500
  })
  return ids
}

async function create(platform: TestPlatform, body: object): Promise<SandboxBody> {
  const { status, body: sandbox } = await platform.call('POST', '/sandbox', body)
  assert.equal(status, 200, JSON.stringify(sandbox))
  return sandbox as SandboxBody
}

async function stateOf(platform: TestPlatform, id: string): Promise<string> {
  return ((await platform.call('GET', `/sandbox/${id}`)).body as SandboxBody).state
}

async function execute(platform: TestPlatform, id: string, command: string): Promise<string> {
  const response = await fetch(`${platform.url}/toolbox/${id}/process/execute`, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ command }),
  })
  assert.equal(response.status, 200)
  return ((await response.json()) as { result: string }).result.trim()
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('The condition did not come to hold')
    await sleep(100)
  }
}
