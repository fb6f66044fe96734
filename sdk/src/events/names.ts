import type { AnswerOf } from '../client.ts'
import type { ApiOperations } from '../operations/all.ts'

type SandboxAnswer = AnswerOf<ApiOperations['getSandbox']>
type SnapshotAnswer = AnswerOf<ApiOperations['getSnapshot']>
type VolumeAnswer = AnswerOf<ApiOperations['getVolume']>

/** What the platform tells as it happens, by the name of the event (api.md 3.10). */
export interface PlatformEvents {
  'sandbox.created': SandboxAnswer
  'sandbox.state.updated': {
    sandbox: SandboxAnswer
    oldState: SandboxAnswer['state']
    newState: SandboxAnswer['state']
  }
  'sandbox.desired-state.updated': {
    sandbox: SandboxAnswer
    oldDesiredState: SandboxAnswer['desiredState']
    newDesiredState: SandboxAnswer['desiredState']
  }
  'snapshot.created': SnapshotAnswer
  'snapshot.state.updated': {
    snapshot: SnapshotAnswer
    oldState: SnapshotAnswer['state']
    newState: SnapshotAnswer['state']
  }
  'snapshot.removed': SnapshotAnswer
  'volume.created': VolumeAnswer
  'volume.state.updated': { volume: VolumeAnswer; oldState: VolumeAnswer['state']; newState: VolumeAnswer['state'] }
  'volume.lastUsedAt.updated': VolumeAnswer
  /** What you may do in the organization may have changed; ours. */
  'access.updated': Readonly<Record<string, never>>
}
