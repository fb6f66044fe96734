import type { VolumeStore } from '../store/volumes.ts'
import type { VolumeChanges } from './changes.ts'
import type { VolumeWork } from './work.ts'

/** What the verbs on volumes work with. */
export interface VolumeParts {
  readonly volumes: VolumeStore
  readonly volumeChanges: VolumeChanges
  readonly volumeWork: VolumeWork
  /** epoch ms */
  readonly clock: () => number
}
