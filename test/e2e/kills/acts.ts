import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { putImage, sha256, shellLayer, type TestRegistry } from '../../../engine/src/local/images/registry.fixture.ts'
import { tarOf } from '../../../engine/src/local/images/tar.fixture.ts'
import type { TestPlatform } from '../../fixtures/platform.ts'
import { ask, execute, type Named, type Sandbox, type World } from './world.ts'

/** What must hold once everything is quiet after a start, as the call was acknowledged. */
export type Holds = (world: World) => Promise<void> | void

/** Something that a client asks for. */
export interface Act {
  readonly name: string
  /** resolves when it is acknowledged */
  run(): Promise<Holds>
}

/** What every round begins with, at rest. */
export interface Ground {
  readonly round: number
  /** a running sandbox for each of these */
  readonly forked: string
  readonly saved: string
  readonly uploaded: string
  readonly deleted: string
  /** stopped */
  readonly archived: string
  /** archived */
  readonly restored: string
  readonly oldSnapshot: Named
  readonly oldVolume: Named
}

/** Every sandbox has labels that tell what shows that it is whole: a command, and what this prints. */
const proof = 'sh -c "cd /home/daytona && sha256sum <kept | cmp - sum && echo whole"'
const keeping = { proof, prints: 'whole' }

/** Makes a sandbox with a file of five megabytes, and its checksum beside it. */
async function makeKeeping(platform: TestPlatform): Promise<string> {
  const { id } = await ask<Sandbox>(platform, 'POST', '/sandbox', { labels: keeping })
  await execute(platform, id, 'sh -c "head -c 5000000 /dev/urandom >kept; sha256sum <kept >sum; sync"')
  return id
}

/** Lays the ground of a round; `until` waits for a state. */
export async function layGround(
  platform: TestPlatform,
  round: number,
  until: (id: string, state: string) => Promise<void>,
): Promise<Ground> {
  const ids = await Promise.all(Array.from({ length: 6 }, () => makeKeeping(platform)))
  const [forked = '', saved = '', uploaded = '', deleted = '', archived = '', restored = ''] = ids
  const oldVolume = await ask<Named>(platform, 'POST', '/volumes', { name: `old ${round}` })
  await Promise.all([
    ask(platform, 'POST', `/sandbox/${archived}/stop`).then(() => until(archived, 'stopped')),
    ask(platform, 'POST', `/sandbox/${restored}/stop`)
      .then(() => until(restored, 'stopped'))
      .then(() => ask(platform, 'POST', `/sandbox/${restored}/archive`))
      .then(() => until(restored, 'archived')),
    ask(platform, 'POST', `/sandbox/${saved}/snapshot`, { name: `old-${round}` }).then(() => until(saved, 'started')),
  ])
  const oldSnapshot = await ask<Named>(platform, 'GET', `/snapshots/old-${round}`)
  return { round, forked, saved, uploaded, deleted, archived, restored, oldSnapshot, oldVolume }
}

/** All that is asked for at once; `image` is one that was never pulled before. */
export function actsOf(platform: TestPlatform, ground: Ground, image: string): readonly Act[] {
  const { round } = ground
  const call = <Answer>(method: string, path: string, body?: unknown): Promise<Answer> =>
    ask<Answer>(platform, method, path, body)
  const isIn =
    (id: string, state: string): Holds =>
    ({ sandboxes }) =>
      assert.equal(sandboxes.find((sandbox) => sandbox.id === id)?.state, state)
  const isActive =
    (name: string): Holds =>
    ({ snapshots }) =>
      assert.equal(snapshots.find((snapshot) => snapshot.name === name)?.state, 'active')
  const buildInfo = (name: string) => ({
    dockerfileContent: `FROM sandyard/default\nUSER daytona\nRUN cd && head -c 3000000 /dev/urandom >kept && sha256sum <kept >sum && echo ${name} ${round}\n`,
    contextHashes: [],
  })
  const snapshot = (name: string, body: object): Act => ({
    name,
    async run() {
      await call('POST', '/snapshots', { name: `${name}-${round}`, ...body })
      return isActive(`${name}-${round}`)
    },
  })
  const claim = (name: string, env: Readonly<Record<string, string>>): Act => ({
    name,
    async run() {
      const labels = { proof: `sh -c 'echo "own:$OWN" $DAYTONA_SANDBOX_ID'`, prints: `own:${env.OWN ?? ''} ID` }
      const { id } = await call<Sandbox>('POST', '/sandbox', { name: `${name}-${round}`, env, labels })
      return isIn(id, 'started')
    },
  })
  const fork = (name: string, source: string): Act => ({
    name,
    async run() {
      const { id } = await call<Sandbox>('POST', `/sandbox/${source}/fork`, { name: `${name}-${round}` })
      return isIn(id, 'started')
    },
  })
  return [
    snapshot('built', { buildInfo: buildInfo('built') }),
    snapshot('pulled', { imageName: image }),
    {
      name: 'sandbox of a build',
      async run() {
        const { id } = await call<Sandbox>('POST', '/sandbox', { labels: keeping, buildInfo: buildInfo('sandbox') })
        return isIn(id, 'started')
      },
    },
    claim('plain', {}),
    claim('plain-too', {}),
    claim('changed', { OWN: 'a' }),
    claim('changed-too', { OWN: 'b' }),
    fork('fork', ground.forked),
    fork('fork-too', ground.uploaded),
    {
      name: 'save',
      async run() {
        await call('POST', `/sandbox/${ground.saved}/snapshot`, { name: `saved-${round}` })
        return isActive(`saved-${round}`)
      },
    },
    {
      name: 'archive',
      async run() {
        await call('POST', `/sandbox/${ground.archived}/archive`)
        return isIn(ground.archived, 'archived')
      },
    },
    {
      name: 'restore',
      async run() {
        await call('POST', `/sandbox/${ground.restored}/start`)
        return isIn(ground.restored, 'started')
      },
    },
    {
      name: 'volume',
      async run() {
        const { id } = await call<Named>('POST', '/volumes', { name: `new ${round}` })
        return ({ volumes }) => assert.equal(volumes.find((volume) => volume.id === id)?.state, 'ready')
      },
    },
    {
      name: 'delete of a volume',
      async run() {
        await call('DELETE', `/volumes/${ground.oldVolume.id}`)
        return ({ volumes }) => assert.ok(!volumes.some(({ id }) => id === ground.oldVolume.id))
      },
    },
    {
      name: 'delete of a sandbox',
      async run() {
        await call('DELETE', `/sandbox/${ground.deleted}`)
        return ({ sandboxes }) => assert.ok(!sandboxes.some(({ id }) => id === ground.deleted))
      },
    },
    {
      name: 'delete of a snapshot',
      async run() {
        await call('DELETE', `/snapshots/${ground.oldSnapshot.id}`)
        return ({ snapshots }) => assert.ok(!snapshots.some(({ id }) => id === ground.oldSnapshot.id))
      },
    },
    { name: 'upload of a build context', run: () => putContext(platform) },
    { name: 'upload of a file', run: () => uploadFile(platform, ground.uploaded) },
  ]
}

/** The sandbox has what its label says. */
export async function assertWhole(platform: TestPlatform, { id, name, labels }: Sandbox): Promise<void> {
  const printed = (await execute(platform, id, labels.proof ?? 'true')).replace(id, 'ID')
  assert.equal(printed, labels.prints ?? '', `sandbox ${name} is not whole`)
}

/** A sandbox of the snapshot has what the snapshot was made with. */
export async function assertSnapshotWhole(platform: TestPlatform, { name }: Named): Promise<void> {
  const sandbox = await ask<Sandbox>(platform, 'POST', '/sandbox', {
    name: `of-${name}`,
    snapshot: name,
    labels: keeping,
  })
  await assertWhole(platform, sandbox)
  await ask(platform, 'DELETE', `/sandbox/${sandbox.id}`)
}

/** Puts an image that was never there before, whose sandboxes are whole as others are. */
export async function putKeeping(registry: TestRegistry, round: number): Promise<string> {
  const kept = randomBytes(8_000_000)
  const layer = tarOf([
    { name: 'bin/sha256sum', type: 'symlink', linkname: 'busybox' },
    { name: 'home/daytona/', type: 'directory', mode: 0o755 },
    { name: 'home/daytona/kept', content: kept },
    { name: 'home/daytona/sum', content: `${sha256(kept).replace('sha256:', '')}  -\n` },
  ])
  await putImage(registry, 'keeping', `${round}`, { layers: [shellLayer(), layer] })
  return `${registry.name}/keeping:${round}`
}

async function putContext(platform: TestPlatform): Promise<Holds> {
  const access = await ask<Record<string, string>>(platform, 'GET', '/object-storage/push-access')
  const { accessKey = '', secret = '', sessionToken = '', storageUrl = '', bucket = '', organizationId = '' } = access
  const client = new S3Client({
    region: access.region ?? '',
    endpoint: storageUrl,
    credentials: { accessKeyId: accessKey, secretAccessKey: secret, sessionToken },
    forcePathStyle: true,
    maxAttempts: 1,
  })
  const content = randomBytes(4_000_000)
  const key = `${organizationId}/${sha256(content).replace('sha256:', '')}/context.tar`
  try {
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: content }))
  } finally {
    client.destroy()
  }
  return () => assert.ok(readFileSync(join(platform.data, 'objects', key)).equals(content), 'the context is whole')
}

async function uploadFile(platform: TestPlatform, id: string): Promise<Holds> {
  const content = randomBytes(3_000_000)
  const form = new FormData()
  form.append('file', new Blob([content]), 'uploaded')
  const url = `${platform.url}/toolbox/${id}/files/upload?path=${encodeURIComponent('/home/daytona/uploaded')}`
  const headers = { authorization: `Bearer ${platform.apiKey}` }
  const response = await fetch(url, { method: 'POST', headers, body: form })
  assert.equal(response.status, 200, await response.text())
  return async () =>
    assert.equal(
      await execute(platform, id, 'sh -c "sha256sum </home/daytona/uploaded"'),
      `${sha256(content).replace('sha256:', '')}  -`,
    )
}
