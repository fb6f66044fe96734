import { PlatformError, type snapshotRoutes } from '@sandyard/protocol'
import type { SandboxParts } from '../sandboxes/parts.ts'
import { findSnapshot, own } from '../snapshots/find.ts'
import { listSnapshots } from '../snapshots/list.ts'
import { removeSnapshot } from '../snapshots/remove.ts'
import { toWireSnapshot } from '../snapshots/wire.ts'
import type { SnapshotRecord } from '../store/snapshots.ts'
import type { Answers, Call } from './call.ts'

/** Answers of the calls on snapshots: an organization's own, and the general ones that nobody can change. */
export function snapshotAnswers(parts: SandboxParts): Answers<typeof snapshotRoutes> {
  /** One that the organization may change. Throws NOT_FOUND, FORBIDDEN for a general one. */
  async function findOwn({ principal, params }: Call<(typeof snapshotRoutes)['getSnapshot']>): Promise<SnapshotRecord> {
    const { organizationId } = principal
    const saved = await parts.snapshots.byIdOrName(organizationId, params.id)
    if (saved !== undefined) return saved
    const { name } = await findSnapshot(parts, organizationId, params.id)
    throw new PlatformError('FORBIDDEN', `Snapshot ${name} is a general one of the platform and stays as it is`)
  }

  return {
    async getAllSnapshots({ principal, query }) {
      const { page = 1, limit = 100 } = query
      const { items, total } = await listSnapshots(parts, principal.organizationId, query)
      return { items: items.map(toWireSnapshot), total, page, totalPages: Math.ceil(total / limit) }
    },
    async getSnapshot({ principal, params }) {
      return toWireSnapshot(await findSnapshot(parts, principal.organizationId, params.id))
    },
    async removeSnapshot(call) {
      await removeSnapshot(parts, await findOwn(call))
    },
    async activateSnapshot(call) {
      const snapshot = await findOwn(call)
      if (snapshot.state !== 'inactive') {
        throw new PlatformError('BAD_REQUEST', `Snapshot ${snapshot.name} is ${snapshot.state}, not inactive`)
      }
      return toWireSnapshot(own(await parts.snapshotChanges.move(snapshot, 'active')))
    },
    async deactivateSnapshot(call) {
      const snapshot = await findOwn(call)
      if (snapshot.state !== 'active') {
        throw new PlatformError('BAD_REQUEST', `Snapshot ${snapshot.name} is ${snapshot.state}, not active`)
      }
      await parts.snapshotChanges.move(snapshot, 'inactive')
    },
  }
}
