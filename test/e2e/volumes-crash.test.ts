import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { hostState } from '../fixtures/host-state.ts'
import { startTestPlatform } from '../fixtures/platform.ts'

/** How often the platform is killed, at a moment of chance; more to look for a fault. */
const rounds = Number(process.env.SANDYARD_CRASH_ROUNDS ?? 3)

const platform = await startTestPlatform(['--volume-size', '1'])
after(() => platform.remove())

interface Volume {
  readonly id: string
  readonly name: string
  readonly state: string
}

interface Sandbox {
  readonly id: string
  readonly state: string
}

async function ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await platform.call(method, path, body)
  assert.equal(answer.status, 200, `${method} ${path}: ${JSON.stringify(answer.body)}`)
  return answer.body as Answer
}

/** What comes to rest: nothing is under way of volumes and sandboxes. */
async function atRest(): Promise<{ volumes: Volume[]; sandboxes: Sandbox[] }> {
  const resting = new Set(['ready', 'deleted', 'error', 'started', 'stopped', 'destroyed'])
  for (const deadline = Date.now() + 30_000; ; await sleep(100)) {
    const volumes = await ask<Volume[]>('GET', '/volumes?includeDeleted=true')
    const { items: sandboxes } = await ask<{ items: Sandbox[] }>('GET', '/sandbox')
    if ([...volumes, ...sandboxes].every(({ state }) => resting.has(state))) return { volumes, sandboxes }
    assert.ok(Date.now() < deadline, JSON.stringify({ volumes, sandboxes }))
  }
}

/** What is left of half-made ones goes soon after a start. */
async function folderHolds(ids: readonly string[], how: string): Promise<void> {
  const names = (): string => readdirSync(join(platform.data, 'disks/volumes')).sort().join()
  for (const deadline = Date.now() + 10_000; names() !== [...ids].sort().join() && Date.now() < deadline; )
    await sleep(50)
  assert.equal(names(), [...ids].sort().join(), how)
}

test('a platform that is killed while volumes are made, deleted and mounted has them whole or not at all', async () => {
  for (let round = 0; round < rounds; round++) {
    const old = await ask<Volume>('POST', '/volumes', { name: `old ${round}` })
    const used = await ask<Volume>('POST', '/volumes', { name: `used ${round}` })
    const volumes = [{ volumeId: used.id, mountPath: '/data', subpath: 'part' }]
    // Settled from the start: those that are cut off fail while nobody looks.
    const calls = Promise.allSettled([
      platform.call('POST', '/volumes', { name: `new ${round}` }),
      platform.call('DELETE', `/volumes/${old.id}`),
      platform.call('POST', '/sandbox', { volumes }),
      // One of these two wins, whenever the end comes.
      platform.call('DELETE', `/volumes/${used.id}`),
    ])
    const afterMs = Math.random() * 200
    await sleep(afterMs)
    await platform.end('SIGKILL')
    const [made, removed, created] = await calls
    await platform.start()
    const rest = await atRest()
    const how = `killed after ${Math.round(afterMs)} ms: ${JSON.stringify(rest)}`
    const stateOf = (id: string) => rest.volumes.find((volume) => volume.id === id)?.state
    if (made?.status === 'fulfilled' && made.value.status === 200)
      assert.equal(stateOf((made.value.body as Volume).id), 'ready', how)
    if (removed?.status === 'fulfilled' && removed.value.status === 200) assert.equal(stateOf(old.id), 'deleted', how)
    const ready = rest.volumes.filter(({ state }) => state === 'ready').map(({ id }) => id)
    await folderHolds(ready, how)
    assert.ok(
      rest.volumes.every(({ state }) => state === 'ready' || state === 'deleted'),
      how,
    )
    if (created?.status === 'fulfilled' && created.value.status === 200) assert.equal(rest.sandboxes.length, 1, how)
    for (const { id, state } of rest.sandboxes) {
      assert.equal(stateOf(used.id), 'ready', how)
      if (state === 'stopped') await ask('POST', `/sandbox/${id}/start`)
      const command = 'echo whole >/data/file && cat /data/file'
      const response = await fetch(`${platform.url}/toolbox/${id}/process/execute`, {
        method: 'POST',
        headers: { authorization: `Bearer ${platform.apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ command }),
      })
      const { result } = (await response.json()) as { result: string }
      assert.equal(result.trim(), 'whole', how)
      await ask('DELETE', `/sandbox/${id}`)
    }
    for (const id of ready) await ask('DELETE', `/volumes/${id}`)
    await atRest()
    await folderHolds([], how)
    const staged = hostState(platform.index).mounts.filter((mount) => mount.includes('/volumes/'))
    assert.deepEqual(staged, [], how)
  }
})
