import { PlatformError, type snapshotRoutes } from '@sandyard/protocol'
import { buildKey } from '../builds/build-key.ts'
import { toWireBuild } from '../builds/wire.ts'
import { toWirePage } from '../paging.ts'
import { apiUrl } from '../previews/site.ts'
import type { SandboxParts } from '../sandboxes/parts.ts'
import { createSnapshot } from '../snapshots/create.ts'
import { type AnySnapshot, findSnapshot, own } from '../snapshots/find.ts'
import { listSnapshots } from '../snapshots/list.ts'
import { removeSnapshot } from '../snapshots/remove.ts'
import { toWireSnapshot, type WireSnapshot } from '../snapshots/wire.ts'
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

  /** With what it was built from, which listings leave out. */
  async function wireWhole(snapshot: AnySnapshot): Promise<WireSnapshot> {
    const build = snapshot.buildId === null ? undefined : await parts.builds.byId(snapshot.buildId)
    if (build?.source.kind !== 'dockerfile' || snapshot.imageName !== null) return toWireSnapshot(snapshot)
    const { source, createdAtMs } = build
    const { dockerfile: dockerfileContent, contextHashes } = source
    const buildInfo = { dockerfileContent, contextHashes, snapshotRef: buildKey(source), createdAtMs }
    return { ...toWireSnapshot(snapshot), buildInfo: toWireBuild(buildInfo) }
  }

  return {
    async getAllSnapshots({ principal, query }) {
      const { items, total } = await listSnapshots(parts, principal.organizationId, query)
      return toWirePage(items.map(toWireSnapshot), total, query)
    },
    async createSnapshot({ principal, body }) {
      return wireWhole(own(await createSnapshot(parts, principal.organizationId, body)))
    },
    async getSnapshot({ principal, params }) {
      return wireWhole(await findSnapshot(parts, principal.organizationId, params.id))
    },
    async getSnapshotBuildLogs({ principal, params, query }) {
      const { buildId } = requireBuilt(await findSnapshot(parts, principal.organizationId, params.id))
      return parts.builds.log({ id: buildId, organizationId: principal.organizationId }, query.follow ?? false)
    },
    async getSnapshotBuildLogsUrl({ principal, params, site }) {
      const { id } = requireBuilt(await findSnapshot(parts, principal.organizationId, params.id))
      return { url: `${apiUrl(site)}/snapshots/${id}/build-logs` }
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

function requireBuilt(snapshot: AnySnapshot): { id: string; buildId: string } {
  const { id, name, buildId } = snapshot
  if (buildId !== null) return { id, buildId }
  throw new PlatformError('NOT_FOUND', `Snapshot ${name} was neither built nor pulled, so it has no log`)
}
