import type { RouteOutput, sandboxRoutes } from '@sandyard/protocol'
import type { SandboxBuild } from '../store/sandbox-record.ts'

type WireBuild = NonNullable<RouteOutput<(typeof sandboxRoutes)['getSandbox']>['buildInfo']>

/** What something was built from, in the form of the appendix of api.md. It never changes. */
export function toWireBuild({ dockerfileContent, contextHashes, snapshotRef, createdAtMs }: SandboxBuild): WireBuild {
  const createdAt = new Date(createdAtMs).toISOString()
  return { dockerfileContent, contextHashes: [...contextHashes], snapshotRef, createdAt, updatedAt: createdAt }
}
