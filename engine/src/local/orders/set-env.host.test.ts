import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Engine, SandboxSpec } from '@sandyard/protocol'
import { assertEmpty, assertRemoved } from '../empty.fixture.ts'
import { createGround, type EngineGround, execute, skipWithoutRoot, specOf } from '../engine.fixture.ts'

describe('other variables for a sandbox', { skip: skipWithoutRoot }, () => {
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

  const seen = async ({ id }: SandboxSpec): Promise<string> =>
    (await execute(engine, id, 'echo "$A $B $C $LANG $(env | grep -c ^SANDYARD_ENTRYPOINT)"')).result

  it('are seen by what is started from then on, and from every start', async () => {
    const spec = specOf({ env: { A: '1', B: '1', LANG: 'C' } })
    const { id } = spec
    await engine.create(spec)
    assert.equal(await seen(spec), '1 1  C 0\n')
    await engine.setEnv(id, { A: '2', C: 'x y' })
    // What is no longer given is again as the platform and the image have it.
    assert.equal(await seen(spec), '2  x y C.UTF-8 0\n')
    await engine.close()
    engine = await ground.open()
    assert.equal(await seen(spec), '2  x y C.UTF-8 0\n')
    await engine.stop(id, { graceMs: 0 })
    await engine.start(id)
    assert.equal(await seen(spec), '2  x y C.UTF-8 0\n')
    await engine.stop(id, { graceMs: 0 })
    await engine.setEnv(id, { A: '3' })
    await engine.start(id)
    assert.equal(await seen(spec), '3   C.UTF-8 0\n')
    await engine.destroy(id)
    await assertEmpty(ground)
  })

  it('are refused by who is paused or not there', async () => {
    const spec = specOf()
    await engine.create(spec)
    await engine.pause(spec.id)
    await assert.rejects(engine.setEnv(spec.id, { A: '1' }), { code: 'CONFLICT' })
    await engine.destroy(spec.id)
    await assert.rejects(engine.setEnv(spec.id, { A: '1' }), { code: 'NOT_FOUND' })
    await assertEmpty(ground)
  })
})
