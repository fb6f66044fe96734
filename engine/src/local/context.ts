import type { SandboxReport, SandboxSpec } from '@sandyard/protocol'
import type { Lifeline } from './agent.ts'
import type { ArchiveStore } from './archive/store.ts'
import type { BuildWork } from './build/work.ts'
import type { ImageWork } from './images/work.ts'
import type { Layout } from './layout.ts'
import type { AddressPlan } from './network/addresses.ts'
import type { Places } from './network/places.ts'
import type { MountedDisk } from './records/id-ranges.ts'
import type { Locks } from './records/locks.ts'
import type { Numbers } from './records/numbers.ts'
import type { SandboxRecord } from './records/record.ts'
import type { Seccomp } from './runtime/seccomp.ts'
import type { SavedSnapshot } from './snapshots/saved.ts'
import type { Snapshot } from './snapshots/snapshot.ts'
import type { Spares } from './spares/spares.ts'
import type { Trash } from './spares/trash.ts'

/** Where the engine tells what it does. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

/** What all verbs of the local engine share. */
export interface Context {
  readonly layout: Layout
  readonly plan: AddressPlan
  readonly seccomp: Seccomp
  /** agent runtime folder on the host */
  readonly runtimeFolder: string
  /** all that sandboxes can be made from, by name */
  readonly snapshots: Map<string, Snapshot>
  /** those of them that were saved from sandboxes or made, by name: the same as on disk */
  readonly saved: Map<string, SavedSnapshot>
  /** what pulls and builds share */
  readonly images: ImageWork
  /** what builds share */
  readonly builds: BuildWork
  /** of sandboxes that are being made and have no record yet */
  readonly making: Set<SandboxSpec>
  /** proxy settings and the like that every sandbox gets */
  readonly commonEnv: Readonly<Record<string, string>>
  /** PEM file to be trusted besides what an image has, if any */
  readonly caFile: string | null
  /** PEM file that is mounted into every sandbox: the one above, or the machine's own authorities, and that of secrets */
  readonly trustedInside: string
  /** most that a volume holds, GiB */
  readonly volumeSizeGib: number
  /** what disks are made ahead for */
  readonly spareDisk: { readonly snapshot: string; readonly sizeGib: number }
  /** network slots, by number */
  readonly slots: Spares<number>
  readonly slotNumbers: Numbers
  /** which sandbox is in which slot, and what it may reach */
  readonly places: Places
  /** ranges of user ids; `null` where this machine cannot keep them apart */
  readonly idRanges: Numbers | null
  /** mounted disks over the default snapshot */
  readonly disks: Spares<MountedDisk>
  /** sandboxes that are promised, by id: the same as on disk */
  readonly records: Map<string, SandboxRecord>
  readonly lifelines: Map<string, Lifeline>
  /** packed disks of archived sandboxes */
  readonly archives: ArchiveStore
  readonly locks: Locks
  readonly trash: Trash
  readonly log: Log
  readonly report: (report: SandboxReport) => void
}
