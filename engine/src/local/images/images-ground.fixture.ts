import { join } from 'node:path'
import type { Engine, SnapshotInfo, SnapshotOrder } from '@sandyard/protocol'
import { createGround, type EngineGround, execute, specOf } from '../engine.fixture.ts'
import type { LocalEngineOptions } from '../engine.ts'
import { run } from '../host/run.ts'

/** An engine that pulls images. */
export interface ImagesGround {
  readonly ground: EngineGround
  readonly engine: Engine
  /** what makings have told since the last one began */
  readonly told: string[]
  /** Makes a snapshot of an image. */
  make(name: string, image: string, change?: Partial<SnapshotOrder>): Promise<SnapshotInfo>
  /** Runs a command in a new sandbox of a snapshot and gives its output. */
  runIn(snapshot: string, command: string, user?: string): Promise<string>
  /** Opens the engine anew, with other options; it may be closed already. */
  reopen(change: Partial<LocalEngineOptions>, state?: 'closed'): Promise<void>
  /** bytes of the pool that are taken */
  poolUse(): Promise<number>
  remove(): Promise<void>
}

/** Makes the ground; layers that nothing stands on go at once. */
export async function createImagesGround(change: Partial<LocalEngineOptions>): Promise<ImagesGround> {
  const ground = await createGround()
  let options = { layerRestMs: 0, ...change }
  let engine = await ground.open(options)
  const told: string[] = []
  return {
    ground,
    get engine() {
      return engine
    },
    told,
    async make(name, image, other = {}) {
      told.length = 0
      const resources = { cpu: 1, memoryGib: 1, diskGib: 2 }
      const order = {
        name,
        scope: 'test',
        source: { kind: 'image', image, entrypoint: null },
        logins: [],
        resources,
      } as const
      return await engine.makeSnapshot({ ...order, ...other }, (text) => void told.push(text))
    },
    async runIn(snapshot, command, user = 'root') {
      const spec = specOf({ snapshot, user })
      await engine.create(spec)
      try {
        return (await execute(engine, spec.id, command)).result
      } finally {
        await engine.destroy(spec.id)
      }
    },
    async reopen(other, state) {
      if (state !== 'closed') await engine.close()
      options = { ...options, ...other }
      engine = await ground.open(options)
    },
    async poolUse() {
      const disks = join(ground.data, 'disks')
      await run('btrfs', ['filesystem', 'sync', disks])
      const { stdout } = await run('btrfs', ['filesystem', 'usage', '--raw', disks])
      return Number(/Used:\s+(\d+)/.exec(stdout)?.[1])
    },
    async remove() {
      await engine.close()
      await ground.remove()
    },
  }
}
