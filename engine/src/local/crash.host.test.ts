import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import type { Engine, EngineState } from '@sandyard/protocol'
import { type CrashOrder, killAt } from './crash.fixture.ts'
import { assertEmpty, assertRemoved, keptOf, until } from './empty.fixture.ts'
import { createGround, type EngineGround, execute, skipWithoutRoot, specOf } from './engine.fixture.ts'

/** How often each order is cut off, at a moment of chance; more than once to look for a fault. */
const rounds = Number(process.env.SANDYARD_CRASH_ROUNDS ?? 1)

describe('a platform that is killed in the midst of an order', { skip: skipWithoutRoot }, () => {
  let ground: EngineGround
  let engine: Engine
  const spec = specOf()
  const { id } = spec

  before(async () => {
    ground = await createGround()
    engine = await ground.open()
    await engine.create(spec)
    await execute(engine, id, 'echo text > file; head -c 20M /dev/urandom > random; cksum random > sum')
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

  const stateOf = async (sandboxId = id): Promise<EngineState> => (await engine.inspect(sandboxId)).state
  /** Brings the sandbox to a state that an order needs. */
  async function bring(state: EngineState): Promise<void> {
    if ((await stateOf()) === 'archived' && state !== 'archived') await engine.restore(id)
    if (state === 'archived' || state === 'stopped') await engine.stop(id, { graceMs: 0 })
    else await engine.start(id)
    if (state === 'paused') await engine.pause(id)
    if (state === 'archived') await engine.archive(id)
  }
  /** What it holds is what it held, and it does what it is told. */
  async function assertWhole(sandboxId: string, how: string): Promise<void> {
    const { result } = await execute(engine, sandboxId, 'cat file; cksum random | cmp - sum && echo same')
    assert.equal(result, 'text\nsame\n', how)
  }
  /** Nothing is left but what the sandbox itself has. */
  async function assertNothingElse(): Promise<void> {
    if ((await stateOf()) !== 'archived') await engine.stop(id, { graceMs: 0 })
    await assertEmpty(ground, [id], keptOf(ground, id))
  }
  afterEach(async () => {
    for (const { sandboxId } of await engine.recover()) if (sandboxId !== id) await engine.destroy(sandboxId)
    for (const { name } of engine.snapshots()) if (name !== 'default') await engine.removeSnapshot(name)
  })

  for (const { verb, from, to, withinMs } of [
    { verb: 'pause', from: 'started', to: 'paused', withinMs: 30 },
    { verb: 'resume', from: 'paused', to: 'started', withinMs: 20 },
    { verb: 'archive', from: 'stopped', to: 'archived', withinMs: 700 },
    { verb: 'restore', from: 'archived', to: 'stopped', withinMs: 700 },
  ] as const) {
    it(`has done ${verb} or not`, async () => {
      for (let round = 0; round < rounds; round++) {
        await bring(from)
        const how = await cutOff({ verb, args: [id] }, withinMs)
        const state = await stateOf()
        assert.ok(how.endsWith('done') ? state === to : state === from || state === to, `${how}: ${state}`)
        if (state === 'archived' || state === 'stopped') await assertNothingElse()
        await bring('started')
        await assertWhole(id, how)
        await assertNothingElse()
      }
    })
  }

  it('starts at once, and for good, what was cut off while it started', async () => {
    for (let round = 0; round < 3 * rounds; round++) {
      await bring('stopped')
      const how = await cutOff({ verb: 'start', args: [id] }, 500)
      await engine.start(id)
      // What the crash has left is cleared meanwhile, and takes nothing of the new one along.
      await assertWhole(id, how)
      await engine.stop(id, { graceMs: 0 })
      await assertNothingElse()
      await bring('started')
    }
  })

  it('has changed limits and network or not', async () => {
    await bring('started')
    for (let round = 0, diskGib = 4; round < rounds; round++, diskGib++) {
      const resized = await cutOff({ verb: 'resize', args: [id, { cpu: 1, memoryGib: 1, diskGib }] }, 60)
      const room = async (gib: number): Promise<boolean> =>
        (await execute(engine, id, `fallocate -l ${gib * 1024 - 200}M room; c=$?; rm -f room; exit $c`)).exitCode === 0
      if (resized.endsWith('done')) assert.ok(await room(diskGib), resized)
      assert.ok(await room(diskGib - 1), resized)
      await until(async () => !(await room(diskGib + 1)))
      await engine.resize(id, { cpu: 1, memoryGib: 1, diskGib })
      const network = { blockAll: round % 2 === 0, allowList: null }
      await cutOff({ verb: 'setNetwork', args: [id, network] }, 40)
      await engine.setNetwork(id, network)
      await assertWhole(id, resized)
    }
    await assertNothingElse()
  })

  it('has made a copy or not', async () => {
    await bring('started')
    for (let round = 0; round < rounds; round++) {
      const copy = { ...spec, id: crypto.randomUUID(), diskGib: 20 }
      const forked = await cutOff({ verb: 'fork', args: [id, copy] }, 300)
      const state = await stateOf(copy.id)
      assert.ok(
        forked.endsWith('done') ? state === 'started' : ['started', 'absent'].includes(state),
        `${forked}: ${state}`,
      )
      if (state === 'started') await assertWhole(copy.id, forked)
      else await engine.fork(id, copy)
      await engine.destroy(copy.id)

      const saved = await cutOff({ verb: 'saveSnapshot', args: [id, `saved ${round}`] }, 200)
      const isThere = engine.snapshots().some(({ name }) => name === `saved ${round}`)
      assert.ok(isThere || !saved.endsWith('done'), saved)
      if (!isThere) await engine.saveSnapshot(id, `saved ${round}`)
      const made = specOf({ snapshot: `saved ${round}` })
      await engine.create(made)
      await assertWhole(made.id, saved)
      await engine.destroy(made.id)
      await engine.removeSnapshot(`saved ${round}`)
      await assertWhole(id, saved)
    }
    await assertNothingElse()
    await engine.destroy(id)
    await assertEmpty(ground)
  })
})
