import type { SandboxSpec } from '@sandyard/protocol'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import { networkRules } from './network-lists.ts'

/** What the engine is told of a new sandbox. Our own variables win over the user's (toolbox.md 0.5). */
export function sandboxSpec(sandbox: SandboxRecord): SandboxSpec {
  const { id, snapshot, snapshotRef, user } = sandbox
  return {
    id,
    hostname: id,
    snapshot: snapshotRef,
    user,
    env: {
      ...sandbox.env,
      DAYTONA_SANDBOX_ID: id,
      DAYTONA_SANDBOX_SNAPSHOT: sandbox.buildInfo?.snapshotRef ?? snapshot,
      DAYTONA_SANDBOX_USER: user,
      DAYTONA_ORGANIZATION_ID: sandbox.organizationId,
      DAYTONA_REGION_ID: sandbox.region,
    },
    cpu: sandbox.cpu,
    memoryGib: sandbox.memoryGib,
    diskGib: sandbox.diskGib,
    network: networkRules(sandbox),
    volumes: sandbox.volumes,
  }
}
