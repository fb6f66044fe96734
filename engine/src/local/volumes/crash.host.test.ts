import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Engine } from '@sandyard/protocol'
import { type CrashOrder, killAt } from '../crash.fixture.ts'
import { assertEmpty, assertRemoved } from '../empty.fixture.ts'
import { createGround, type EngineGround, execute, skipWithoutRoot, specOf } from '../engine.fixture.ts'

/** How often each order is cut off, at a moment of chance; more than once to look for a fault. */
const rounds = Number(process.env.SANDYARD_CRASH_ROUNDS ?? 2)

describe('a platform that is killed while it works on volumes', { skip: skipWithoutRoot }, () => {
  let ground: EngineGround
  let engine: Engine
  before(async () => {
    ground = await createGround()
    engine = await ground.open()
  })
  after(async () => {
    await engine.close()
    await assertRemoved(ground)
  })

  /** Gives the order to another engine on the folder, which is killed; what is there then is taken up. */
  async function cutOff(order: CrashOrder, withinMs: number): Promise<string> {
    await engine.close()
    const how = await killAt(ground.data, order, withinMs)
    engine = await ground.open()
    return how
  }

  const isThere = (volumeId: string): boolean => existsSync(join(ground.data, 'disks/volumes', volumeId))

  it('has a sandbox with its volume, or neither a sandbox nor a mount; what is in the volume stays', async () => {
    const volumeId = randomUUID()
    await engine.makeVolume(volumeId)
    const spec = (): ReturnType<typeof specOf> =>
      specOf({ volumes: [0, 1, 2].map((at) => ({ volumeId, mountPath: `/data/${at}`, subpath: `part/${at}` })) })
    const writer = spec()
    await engine.create(writer)
    await execute(engine, writer.id, 'echo kept | tee /data/0/file /data/2/file')
    await engine.destroy(writer.id)
    for (let round = 0; round < rounds * 3; round++) {
      const made = spec()
      const how = await cutOff({ verb: 'create', args: [made] }, 250)
      const { state } = await engine.inspect(made.id)
      assert.ok(state === 'started' || (state === 'absent' && !how.endsWith('done')), `${how}: ${state}`)
      if (state === 'absent') await engine.create(made)
      const { result } = await execute(engine, made.id, 'cat /data/0/file /data/2/file; ls -A /data/1 /data/2')
      assert.equal(result.trim(), 'kept\nkept\n/data/1:\n\n/data/2:\nfile', how)
      await engine.stop(made.id, { graceMs: 0 })
      await assertEmpty(ground, [made.id], { volumes: 1 })
      await engine.destroy(made.id)
    }
    await engine.removeVolume(volumeId)
  })

  it('has made a volume or not, has removed it or not, and leaves nothing half', async () => {
    for (let round = 0; round < rounds * 3; round++) {
      const volumeId = randomUUID()
      const made = await cutOff({ verb: 'makeVolume', args: [volumeId] }, 60)
      assert.ok(isThere(volumeId) || !made.endsWith('done'), made)
      await assertEmpty(ground, [], { volumes: isThere(volumeId) ? 1 : 0 })
      await engine.makeVolume(volumeId)
      const spec = specOf({ volumes: [{ volumeId, mountPath: '/data', subpath: null }] })
      await engine.create(spec)
      assert.equal((await execute(engine, spec.id, 'head -c 20M /dev/urandom >/data/x')).exitCode, 0, made)
      await engine.destroy(spec.id)
      const removed = await cutOff({ verb: 'removeVolume', args: [volumeId] }, 60)
      assert.ok(!isThere(volumeId) || !removed.endsWith('done'), removed)
      await assertEmpty(ground, [], { volumes: isThere(volumeId) ? 1 : 0 })
      await engine.removeVolume(volumeId)
      await assertEmpty(ground)
    }
  })
})
