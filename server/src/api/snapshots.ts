import {
  type Engine,
  PlatformError,
  type RouteOutput,
  type SnapshotInfo,
  type snapshotRoutes,
} from '@sandyard/protocol'
import type { Resources } from '../options.ts'
import { findSnapshot, snapshotId } from '../snapshots/find.ts'
import type { Answers } from './call.ts'

const gib = 1024 ** 3

/** Answers of the calls on snapshots: those the engine has, general for all organizations. */
export function snapshotAnswers(
  engine: Pick<Engine, 'snapshots'>,
  defaults: Resources,
): Answers<typeof snapshotRoutes> {
  return {
    async getAllSnapshots({ query }) {
      const { page = 1, limit = 100, name = '' } = query
      const wanted = name.toLowerCase()
      const found = engine.snapshots().filter((snapshot) => snapshot.name.toLowerCase().includes(wanted))
      const items = found.slice((page - 1) * limit, page * limit).map((snapshot) => toWire(snapshot, defaults))
      return { items, total: found.length, page, totalPages: Math.ceil(found.length / limit) }
    },
    async getSnapshot({ params }) {
      const snapshot = findSnapshot(engine.snapshots(), params.id)
      if (snapshot === undefined) {
        throw new PlatformError('NOT_FOUND', `Snapshot with ID or name ${params.id.slice(0, 300)} not found`)
      }
      return toWire(snapshot, defaults)
    },
  }
}

function toWire(snapshot: SnapshotInfo, defaults: Resources): RouteOutput<(typeof snapshotRoutes)['getSnapshot']> {
  const createdAt = new Date(snapshot.createdAtMs).toISOString()
  return {
    id: snapshotId(snapshot.name),
    general: true,
    name: snapshot.name,
    imageName: snapshot.name,
    state: 'active',
    // GB on the wire
    size: Math.round((snapshot.sizeBytes / gib) * 100) / 100,
    entrypoint: null,
    cpu: defaults.cpu,
    gpu: 0,
    mem: defaults.memoryGib,
    disk: defaults.diskGib,
    errorReason: null,
    createdAt,
    updatedAt: createdAt,
    lastUsedAt: null,
    sourceSandboxId: null,
    sandboxClass: 'container',
  }
}
