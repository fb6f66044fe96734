import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import type { TestServer } from './test-server.ts'

interface Row {
  readonly id: string
  readonly state: string
}

interface SandboxRow extends Row {
  readonly snapshotRef: string
  readonly cpu: number
  readonly memoryGib: number
  readonly diskGib: number
}

/** Volumes, builds, snapshots and quotas of one organization, when nothing is under way. */
export async function checkWhatSandboxesNeed(
  server: TestServer,
  storePath: string,
  keptSinceMs: number,
): Promise<void> {
  const { engine, call } = server
  const store = new DatabaseSync(storePath, { readOnly: true })
  const all = <Found>(query: string): Found[] => store.prepare(query).all() as Found[]
  try {
    const sandboxes = all<SandboxRow>(`select * from sandboxes where state <> 'destroyed'`)
    const warm = all<{ spec: string }>('select spec from warmSandboxes').map(({ spec }) => JSON.parse(spec))
    const volumes = all<Row>('select id, state from volumes')
    const builds = all<Row & { key: string | null; lastUsedAtMs: number | null }>('select * from builds')
    const snapshots = all<Row & { buildId: string | null }>('select * from snapshots')

    const ready = volumes.filter(({ state }) => state === 'ready').map(({ id }) => id)
    const failed = new Set(volumes.filter(({ state }) => state === 'error').map(({ id }) => id))
    const made = [...engine.volumes].filter((id) => !failed.has(id))
    assert.deepEqual(made.sort(), ready.sort(), 'volumes of the store and of the engine')
    const claims = all<{ sandboxId: string; volumeId: string }>('select * from sandboxVolumes')
    const living = new Set(sandboxes.map(({ id }) => id))
    for (const { sandboxId, volumeId } of claims) {
      if (living.has(sandboxId)) assert.ok(ready.includes(volumeId), `${sandboxId} has a volume that is not there`)
    }

    const used = new Set([...sandboxes.map((row) => row.snapshotRef), ...snapshots.map((row) => row.buildId)])
    for (const { id, state, key, lastUsedAtMs } of builds) {
      const isKept = state === 'ready' && key !== null && (lastUsedAtMs ?? 0) >= keptSinceMs
      assert.ok(used.has(id) || isKept || stands(engine, id), `nobody stands on build ${id}, which is ${state}`)
    }
    const known = new Set([...builds.map(({ id }) => id), ...snapshots.map(({ id }) => id), 'default'])
    const unknown = engine.snapshots().filter(({ name }) => !known.has(name))
    assert.deepEqual(unknown, [], 'the engine has snapshots that nobody knows')

    const sum = { cpu: 0, memory: 0, disk: 0 }
    for (const { cpu, memoryGib, diskGib } of [...sandboxes.filter(isUp), ...warm]) {
      sum.cpu += cpu
      sum.memory += memoryGib
      sum.disk += diskGib
    }
    for (const { state, memoryGib, diskGib } of sandboxes) {
      if (state === 'paused') sum.memory += memoryGib
      if (state === 'paused' || state === 'stopped') sum.disk += diskGib
    }
    const [organization] = (await call('GET /organizations')).body
    const { body } = await call(`GET /organizations/${organization.id}/usage`)
    const [use] = body.regionUsage
    const counted = { cpu: use.currentCpuUsage, memory: use.currentMemoryUsage, disk: use.currentDiskUsage }
    assert.deepEqual(counted, sum, 'what counts is what there is')
    const inUse = snapshots.filter(({ state }) => !['inactive', 'error', 'build_failed', 'removing'].includes(state))
    assert.deepEqual(
      [body.currentSnapshotUsage, body.currentVolumeUsage],
      [inUse.length, ready.length],
      'snapshots and volumes that count',
    )
    assert.ok(body.currentSnapshotUsage <= body.totalSnapshotQuota, `${body.currentSnapshotUsage} snapshots`)
    assert.ok(body.currentVolumeUsage <= body.totalVolumeQuota, `${body.currentVolumeUsage} volumes`)
    assert.ok(
      counted.cpu <= use.totalCpuQuota && counted.memory <= use.totalMemoryQuota && counted.disk <= use.totalDiskQuota,
      `over the limit: ${JSON.stringify(use)}`,
    )
  } finally {
    store.close()
  }
}

/** Secrets in the store, in the engine and on the wire, when nothing is under way. */
export async function checkSecrets({ engine, call }: TestServer, storePath: string): Promise<void> {
  const store = new DatabaseSync(storePath, { readOnly: true })
  const all = <Found>(query: string): Found[] => store.prepare(query).all() as Found[]
  try {
    const rows = all<Row & { secrets: string }>(`select id, state, secrets from sandboxes where state <> 'destroyed'`)
    const mounts = all<{ sandboxId: string; secretId: string }>('select * from sandboxSecrets')
    const secrets = new Map(
      all<{ id: string; name: string; placeholder: string; hosts: string }>('select * from secrets').map((one) => [
        one.id,
        one,
      ]),
    )
    assert.ok(secrets.size <= (await call('GET /organizations')).body[0].secretQuota, `${secrets.size} secrets`)
    for (const { id, state, secrets: text } of rows) {
      const own = JSON.parse(text) as { env: string; secretId: string; name: string }[]
      const uses = own.map(({ env, secretId, name }) => {
        const secret = secrets.get(secretId)
        assert.equal(secret?.name, name, `${id} has a secret that is not there`)
        return { env, placeholder: secret?.placeholder, hosts: JSON.parse(secret?.hosts ?? '') }
      })
      const rowsOfIt = mounts.filter(({ sandboxId }) => sandboxId === id).map(({ secretId }) => secretId)
      assert.deepEqual(rowsOfIt.sort(), own.map(({ secretId }) => secretId).sort(), `secrets of ${id}`)
      const revealed = (await engine.reveal(id)).map(({ placeholder, hosts }) => ({ placeholder, hosts }))
      const usable = uses.map(({ placeholder, hosts }) => ({ placeholder, hosts }))
      assert.deepEqual(revealed, state === 'destroying' ? [] : usable, `what ${id} is given`)
      if (['started', 'stopped', 'archived'].includes(state)) {
        assert.deepEqual(engine.specs.get(id)?.secrets ?? [], uses, `what the engine knows of ${id}, which is ${state}`)
      }
    }
  } finally {
    store.close()
  }
}

function isUp({ state }: Row): boolean {
  return state === 'started'
}

/** Whether a sandbox that the engine still has is of this snapshot. */
function stands(engine: TestServer['engine'], name: string): boolean {
  return [...engine.specs.values()].some(({ snapshot }) => snapshot === name)
}
