import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CrashOrder } from '../crash.fixture.ts'
import { assertEmpty, assertRemoved } from '../empty.fixture.ts'
import { skipWithoutRoot } from '../engine.fixture.ts'
import { createImagesGround, type ImagesGround } from './images-ground.fixture.ts'
import { putImage, shellLayer, startRegistry, type TestRegistry } from './registry.fixture.ts'
import { tarOf } from './tar.fixture.ts'

/** How often a pull is cut off, at a moment of chance. */
const rounds = Number(process.env.SANDYARD_CRASH_ROUNDS ?? 6)
const withinMs = 1500

describe('a platform that is killed while it pulls an image', { skip: skipWithoutRoot }, () => {
  let ground: ImagesGround
  let registry: TestRegistry

  before(async () => {
    registry = await startRegistry()
    ground = await createImagesGround({ insecureRegistries: [registry.name] })
    const layers = [shellLayer()]
    for (let at = 0; at < 8; at++) layers.push(tarOf([{ name: `srv/${at}`, content: randomBytes(4_000_000) }]))
    await putImage(registry, 'crash', '1', { layers })
  })
  after(async () => {
    await ground.engine.close()
    await assertRemoved(ground.ground)
    await registry.close()
  })

  const order = {
    name: 'crash',
    source: { kind: 'image', image: '', entrypoint: null },
    scope: 'test',
    logins: [],
    resources: { cpu: 1, memoryGib: 1, diskGib: 1 },
  } as const

  /** Has another engine on the folder pull it, and kills that. Gives whether it was done. */
  async function cutOff(afterMs: number): Promise<boolean> {
    await ground.engine.close()
    const options = JSON.stringify({ insecureRegistries: [registry.name] })
    const args = [resolve(import.meta.dirname, '../crash.fixture.ts'), ground.ground.data, options]
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    assert.equal((await lines.next()).value, 'ready')
    const source = { ...order.source, image: `${registry.name}/crash:1` }
    child.stdin.write(
      `${JSON.stringify({ verb: 'makeSnapshot', args: [{ ...order, source }] } satisfies CrashOrder)}\n`,
    )
    const done = lines.next()
    await Promise.race([done, sleep(afterMs)])
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    return (await done).value === 'done'
  }

  it('has the snapshot or not, keeps whole layers for the next pull, and leaves nothing else', async () => {
    for (let round = 0; round < rounds; round++) {
      const afterMs = round === 0 ? 60_000 : Math.random() * withinMs
      const wasDone = await cutOff(afterMs)
      // Once with layers that rest, so that the next pull finds them.
      const rests = round % 2 === 0
      await ground.reopen({ layerRestMs: rests ? 60_000 : 0 }, 'closed')
      const how = `round ${round}, after ${Math.round(afterMs)} ms`
      const isThere = ground.engine.snapshots().some(({ name }) => name === 'crash')
      assert.ok(isThere || !wasDone, how)
      const layers = readdirSync(join(ground.ground.data, 'layers')).length
      if (isThere) assert.equal(layers, 9, how)
      else if (!rests) await assertEmpty(ground.ground)
      else await assertEmpty(ground.ground, [], { layers, disks: layers })
      if (!isThere) {
        await ground.make('crash', `${registry.name}/crash:1`)
        const told = ground.told.join('')
        assert.match(
          told,
          new RegExp(`9 layers, ${layers === 9 && rests ? 'all' : rests ? layers : 0} here already`),
          how,
        )
      }
      assert.equal(await ground.runIn('crash', 'cat /srv/* | wc -c'), '32000000\n', how)
      await ground.engine.removeSnapshot('crash')
      await ground.reopen({ layerRestMs: 0 })
      await assertEmpty(ground.ground)
    }
  })
})
