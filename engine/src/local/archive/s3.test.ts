import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openGround } from '../../../../server/src/objects/objects.fixture.ts'
import { openCutter, type S3Service, startS3 } from './s3.fixture.ts'
import { createS3Store } from './s3.ts'
import type { S3Place } from './s3-bucket.ts'
import type { ArchiveStore } from './store.ts'

const MiB = 2 ** 20
const service = await startS3().catch((error: Error) => error)
const skip = service instanceof Error && process.env.SANDYARD_FORCE_HOST_TESTS !== '1' ? service.message : false

describe('archives in a bucket', { skip }, () => {
  const { place, close } = service as S3Service
  let folder: string
  let store: ArchiveStore

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sandyard-archives-'))
    store = open(place)
  })
  after(async () => {
    await close()
    rmSync(folder, { recursive: true, force: true })
  })

  const put = (content: Buffer, name: string, into = store) =>
    into.put(name, async (file) => writeFileSync(file, content))
  async function read(entry: Parameters<ArchiveStore['get']>[0], from = store): Promise<Buffer> {
    let content: Buffer | undefined
    await from.get(entry, async (file) => {
      content = readFileSync(file)
    })
    assert.ok(content !== undefined)
    return content
  }
  const open = (at: S3Place, inside = folder) =>
    createS3Store(at, { folder: join(inside, 'way'), idFile: join(inside, 'id.json') })
  const assertTidy = () => assert.deepEqual(readdirSync(join(folder, 'way')), [], 'nothing stays on the way')

  it('come back as they were put, large and small, and go', async () => {
    for (const size of [0, 1, 16 * MiB, 16 * MiB + 1, 50 * MiB]) {
      const content = randomBytes(size)
      const entry = await put(content, `sandbox.${size}`)
      assert.ok((await read(entry)).equals(content), `${size} bytes`)
      assert.deepEqual(await store.list(), [entry.name])
      assertTidy()
      await store.remove(entry.name)
      await store.remove(entry.name)
      assert.deepEqual(await store.list(), [])
      await assert.rejects(read(entry), { code: 'INTERNAL_SERVER_ERROR', message: /missing or damaged/ })
    }
    await assert.rejects(
      store.put('failed', () => Promise.reject(new Error('not written'))),
      /not written/,
    )
    assertTidy()
  })

  it('are told from damaged ones and from those of other platforms', async () => {
    const entry = await put(randomBytes(1000), 'one')
    for (const wrong of [{ sha256: '0'.repeat(64) }, { sizeBytes: 999 }, { sizeBytes: 1001 }]) {
      await assert.rejects(read({ ...entry, ...wrong }), { code: 'INTERNAL_SERVER_ERROR' }, JSON.stringify(wrong))
    }
    const elsewhere = mkdtempSync(join(tmpdir(), 'sandyard-archives-'))
    try {
      const other = open(place, elsewhere)
      assert.deepEqual(await other.list(), [], 'it sees nothing of the first one')
      await other.remove('one')
      await assert.rejects(read(entry, other), { code: 'INTERNAL_SERVER_ERROR' })
      assert.deepEqual(await open(place).list(), ['one'], 'the first one does, over a restart')
    } finally {
      rmSync(elsewhere, { recursive: true })
    }
    await store.remove('one')
  })

  it('get there and back over connections that are cut', async (t) => {
    const cutter = await openCutter(place.endpoint)
    try {
      const cut = open({ ...place, endpoint: cutter.endpoint })
      const content = randomBytes(60 * MiB)
      // About every second part is cut.
      cutter.budget = () => (0.2 + Math.random() * 1.6) * 20 * MiB
      const entry = await put(content, 'cut', cut)
      cutter.budget = () => (1 + Math.random()) * 3.2 * MiB
      assert.ok((await read(entry, cut)).equals(content))
      t.diagnostic(`${cutter.cuts} connections cut`)
      assert.ok(cutter.cuts > 8)
      await store.remove('cut')
      // One that never gets anywhere.
      cutter.budget = () => 2000
      await assert.rejects(put(content, 'never', cut), { code: 'SERVICE_UNAVAILABLE', message: /archive store/ })
      assertTidy()
      assert.deepEqual(await store.list().then((names) => names.filter((name) => name !== 'never')), [])
      await store.remove('never')
      assert.deepEqual(await store.list(), [])
    } finally {
      await cutter.close()
    }
  })

  it('are litter when they were never completed, and go', async () => {
    const id = JSON.parse(readFileSync(join(folder, 'id.json'), 'utf8')).id as string
    const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=test/20300101/us-east-1/s3/aws4_request' }
    const url = `${place.endpoint}/${place.bucket}/${place.prefix}/${id}/half`
    assert.ok((await fetch(`${url}?uploads`, { method: 'POST', headers })).ok)
    writeFileSync(join(folder, 'way', 'other.new'), 'x')
    assert.deepEqual((await store.list()).sort(), ['half', 'other.new'])
    for (const name of await store.list()) await store.remove(name)
    assert.deepEqual(await store.list(), [])
    assertTidy()
  })

  it('say what is wrong with the bucket', async () => {
    const wrong = open({ ...place, bucket: 'none-such' })
    await assert.rejects(put(Buffer.from('x'), 'one', wrong), {
      code: 'INTERNAL_SERVER_ERROR',
      message: /bucket .* is not there/,
    })
    await assert.rejects(wrong.list(), { code: 'INTERNAL_SERVER_ERROR' })
    assertTidy()
  })
})

it('what is sent is signed: a service that checks it takes it', async () => {
  await using ground = await openGround()
  const { accessKey, secret, sessionToken, bucket, storageUrl, organizationId } = ground.access()
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-archives-'))
  try {
    const local = { folder: join(folder, 'way'), idFile: join(folder, 'id.json') }
    const place = {
      endpoint: storageUrl,
      region: 'us',
      bucket,
      prefix: organizationId,
      accessKey,
      secretKey: secret,
      sessionToken,
    }
    const store = createS3Store(place, local)
    for (const size of [3, 40 * MiB]) {
      const content = randomBytes(size)
      const entry = await store.put(`sandbox.${size}`, async (file) => writeFileSync(file, content))
      await store.get(entry, async (file) => assert.ok(readFileSync(file).equals(content)))
    }
    assert.deepEqual((await store.list()).sort(), ['sandbox.3', `sandbox.${40 * MiB}`].sort())
    const wrong = createS3Store({ ...place, secretKey: 'wrong' }, local)
    await assert.rejects(wrong.list(), { code: 'SERVICE_UNAVAILABLE', message: /SignatureDoesNotMatch/ })
    assert.deepEqual(ground.faults, [])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
