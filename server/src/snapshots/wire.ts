import type { RouteOutput, snapshotRoutes } from '@sandyard/protocol'
import { wireDate, wireDateOrNull } from '../wire-date.ts'
import type { AnySnapshot } from './find.ts'

const gib = 1024 ** 3

/** A snapshot as answered. */
export type WireSnapshot = RouteOutput<(typeof snapshotRoutes)['getSnapshot']>

/** A snapshot in the form of the appendix of api.md. */
export function toWireSnapshot(snapshot: AnySnapshot): WireSnapshot {
  const { organizationId, sizeBytes, lastUsedAtMs, entrypoint } = snapshot
  return {
    id: snapshot.id,
    ...(organizationId === null ? {} : { organizationId }),
    general: organizationId === null,
    name: snapshot.name,
    imageName: snapshot.imageName ?? snapshot.name,
    state: snapshot.state,
    // GB on the wire
    size: sizeBytes === null ? null : Math.round((sizeBytes / gib) * 100) / 100,
    entrypoint: entrypoint === null ? null : [...entrypoint],
    cpu: snapshot.cpu,
    gpu: 0,
    mem: snapshot.memoryGib,
    disk: snapshot.diskGib,
    errorReason: snapshot.errorReason,
    createdAt: wireDate(snapshot.createdAtMs),
    updatedAt: wireDate(snapshot.updatedAtMs),
    lastUsedAt: wireDateOrNull(lastUsedAtMs),
    sourceSandboxId: snapshot.sourceSandboxId,
    sandboxClass: 'container',
  }
}
