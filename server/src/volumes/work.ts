import { setTimeout as sleep } from 'node:timers/promises'
import { type Engine, isPlatformError, type VolumeState } from '@sandyard/protocol'
import type { Log } from '../log.ts'
import { createBackOff } from '../sandboxes/back-off.ts'
import { failureReason } from '../sandboxes/reason.ts'
import type { VolumeRecord, VolumeStore } from '../store/volumes.ts'
import type { VolumeChanges } from './changes.ts'

/** How long the rows of deleted volumes stay, ms: as long as those of sandboxes (api.md 2.5). */
const keptMs = 24 * 3600 * 1000

/** States in which something is to be done. */
const movingStates: readonly VolumeState[] = ['pending_create', 'creating', 'pending_delete', 'deleting']

/** How often and how long a delete waits for sandboxes that are on their way out, before a later round tries again. */
const patience = { tries: 20, pauseMs: 100 }

/** Takes volumes to the state that was asked for. */
export interface VolumeWork {
  /** Does what is to be done with a volume; joins the work when it is under way. Never rejects: the row tells. */
  run(volumeId: string): Promise<void>
  /** Begins again what a crash or a failure has left, and forgets what was deleted long ago. */
  tidy(): Promise<void>
  /** Resolves when nothing is under way. */
  settled(): Promise<void>
}

/** What it needs. */
interface Parts {
  readonly engine: Pick<Engine, 'makeVolume' | 'removeVolume'>
  readonly volumes: VolumeStore
  readonly volumeChanges: VolumeChanges
  readonly clock: () => number
  readonly log: Log
}

/** Makes the worker. */
export function createVolumeWork(parts: Parts): VolumeWork {
  const { volumes, clock, log } = parts
  const running = new Map<string, Promise<void>>()
  const backOff = createBackOff(clock)
  let isClosing = false
  const keyOf = ({ id, state }: VolumeRecord) => `${id} ${state}`

  async function advance(volumeId: string): Promise<void> {
    try {
      for (let volume = await volumes.byId(volumeId); volume !== undefined; ) {
        volume = await step(parts, volume, () => isClosing)
      }
    } catch (error) {
      log.error({ error, volumeId }, 'a change of a volume was cut off; a later round goes on')
    }
  }

  function run(volumeId: string): Promise<void> {
    const current = running.get(volumeId)
    if (current !== undefined) return current
    const work = advance(volumeId).finally(() => running.delete(volumeId))
    running.set(volumeId, work)
    return work
  }

  return {
    run,
    async tidy() {
      const moving = await volumes.inStates(movingStates)
      backOff.retain(new Set(moving.map(keyOf)))
      for (const volume of moving) {
        if (!running.has(volume.id) && backOff.try(keyOf(volume)) > 0) void run(volume.id)
      }
      await volumes.purge(clock() - keptMs)
    },
    async settled() {
      isClosing = true
      await Promise.all(running.values())
    },
  }
}

/** One state on; `undefined` when the volume is at rest, or must wait. */
async function step(parts: Parts, volume: VolumeRecord, isClosing: () => boolean): Promise<VolumeRecord | undefined> {
  const { engine, volumeChanges } = parts
  switch (volume.state) {
    case 'pending_create':
      return volumeChanges.move(volume, 'creating')
    case 'creating':
      return orError(parts, volume, async () => {
        await engine.makeVolume(volume.id)
        return volumeChanges.move(volume, 'ready')
      })
    case 'pending_delete':
      return volumeChanges.move(volume, 'deleting')
    case 'deleting':
      return orError(parts, volume, async () => {
        if (!(await removeWhenFree(engine, volume.id, isClosing))) return undefined
        return volumeChanges.move(volume, 'deleted', { name: `${volume.name}-deleted` })
      })
    default:
      return undefined
  }
}

/** What the engine cannot do ends in `error`, from where a volume can be deleted. */
async function orError(
  { volumeChanges, log }: Parts,
  volume: VolumeRecord,
  work: () => Promise<VolumeRecord | undefined>,
): Promise<VolumeRecord | undefined> {
  try {
    return await work()
  } catch (error) {
    log.warn({ error, volumeId: volume.id, state: volume.state }, 'the engine could not do this to a volume')
    return volumeChanges.move(volume, 'error', { errorReason: failureReason(error) })
  }
}

/** `false` while a sandbox that the store has let go of is still on its way out in the engine. */
async function removeWhenFree(engine: Parts['engine'], volumeId: string, isClosing: () => boolean): Promise<boolean> {
  for (let count = 1; ; count++) {
    try {
      await engine.removeVolume(volumeId)
      return true
    } catch (error) {
      if (!isPlatformError(error) || error.code !== 'CONFLICT') throw error
      if (count === patience.tries || isClosing()) return false
      await sleep(patience.pauseMs)
    }
  }
}
