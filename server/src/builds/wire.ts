import type { RouteOutput, sandboxRoutes } from '@sandyard/protocol'
import type { SandboxBuild } from '../store/sandbox-record.ts'
import { wireDate } from '../wire-date.ts'

type WireBuild = NonNullable<RouteOutput<(typeof sandboxRoutes)['getSandbox']>['buildInfo']>

/** What something was built from, in the form of the appendix of api.md. It never changes. */
export function toWireBuild({ dockerfileContent, contextHashes, snapshotRef, createdAtMs }: SandboxBuild): WireBuild {
  const createdAt = wireDate(createdAtMs)
  return { dockerfileContent, contextHashes: [...contextHashes], snapshotRef, createdAt, updatedAt: createdAt }
}
