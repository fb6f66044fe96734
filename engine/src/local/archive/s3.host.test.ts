import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Engine, SandboxSpec } from '@sandyard/protocol'
import { assertEmpty, until } from '../empty.fixture.ts'
import { createGround, type EngineGround, execute, skipWithoutRoot, specOf } from '../engine.fixture.ts'
import { createLayout } from '../layout.ts'
import { removeLocalEngine } from '../orders/remove.ts'
import { openArchives } from './open.ts'
import { type S3Service, startS3 } from './s3.fixture.ts'

const service = skipWithoutRoot === false ? await startS3().catch((error: Error) => error) : new Error(skipWithoutRoot)
const skip = service instanceof Error && process.env.SANDYARD_FORCE_HOST_TESTS !== '1' ? service.message : false

describe('sandboxes that are archived to a bucket', { skip }, () => {
  const { place: archiveStore, close } = service as S3Service
  let ground: EngineGround
  let engine: Engine

  before(async () => {
    ground = await createGround()
    engine = await ground.open({ archiveStore })
  })
  after(async () => {
    await engine.close()
    await close()
    await ground.remove()
  })

  const run = async ({ id }: SandboxSpec, command: string): Promise<string> =>
    (await execute(engine, id, command)).result
  const inBucket = () => openArchives(createLayout(ground.data, ground.index), archiveStore).list()
  const here = () => readdirSync(join(ground.data, 'archives'))
  async function archive({ id }: SandboxSpec): Promise<void> {
    await engine.stop(id, { graceMs: 0 })
    await engine.archive(id)
  }

  it('come back, add what has changed, and leave nothing', async () => {
    const spec = specOf()
    await engine.create(spec)
    await run(spec, 'head -c 40M /dev/urandom > big; cksum big > sum')
    for (const round of [1, 2, 3]) {
      await archive(spec)
      await assertEmpty(ground, [spec.id], { disks: 0 })
      assert.deepEqual(here(), [])
      assert.equal((await inBucket()).length, round)
      await engine.close()
      engine = await ground.open({ archiveStore })
      await engine.restore(spec.id)
      await engine.start(spec.id)
      assert.equal(await run(spec, 'cksum big | cmp - sum && echo same'), 'same\n')
      await run(spec, `echo ${round} >> file`)
    }
    assert.equal(await run(spec, 'cat file'), '1\n2\n3\n')
    await engine.destroy(spec.id)
    await assertEmpty(ground)
    await until(async () => (await inBucket()).length === 0)
  })

  it('are where they were put, whatever is set later, and stay archived while the service is away', async () => {
    const spec = specOf()
    await engine.create(spec)
    await run(spec, 'echo text > file')
    await archive(spec)
    await engine.close()
    engine = await ground.open()
    await assert.rejects(engine.restore(spec.id), {
      code: 'INTERNAL_SERVER_ERROR',
      message: /is in http.*but the archive store is the data folder/,
    })
    await engine.close()
    engine = await ground.open({
      archiveStore: { ...archiveStore, endpoint: archiveStore.endpoint.replace(/\d+$/, '1') },
    })
    assert.equal((await engine.inspect(spec.id)).state, 'archived', 'a platform starts without it')
    assert.ok(ground.warnings.some((warning) => /could not be looked through/.test(warning)))
    await engine.close()
    engine = await ground.open({ archiveStore })
    await engine.restore(spec.id)
    await engine.close()
    // What has been in one store is archived as a whole in another.
    engine = await ground.open()
    await engine.start(spec.id)
    assert.equal(await run(spec, 'cat file'), 'text\n')
    await archive(spec)
    await engine.restore(spec.id)
    await engine.start(spec.id)
    assert.equal(await run(spec, 'cat file'), 'text\n')
    await engine.close()
    engine = await ground.open({ archiveStore })
    await archive(spec)
    assert.equal((await inBucket()).length, 1, 'what was given up is litter, and is removed at the next start')
  })

  it('go with the platform', async () => {
    assert.equal((await inBucket()).length, 1)
    await engine.close()
    await removeLocalEngine({ data: ground.data, network: '198.18.0.0/15', archiveStore })
    engine = await ground.open({ archiveStore })
    assert.deepEqual(await inBucket(), [])
  })
})
