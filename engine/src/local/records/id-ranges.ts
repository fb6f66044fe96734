import { PlatformError } from '@sandyard/protocol'
import { deleteDisk, makeDisk, mountDisk, unmountDisk } from '../disk/disks.ts'
import type { Layout } from '../layout.ts'
import { idRangeCount, rangeRootId } from './ids.ts'
import type { Numbers } from './numbers.ts'

/** A disk that is mounted over a snapshot, under the ids of a range. */
export interface MountedDisk {
  readonly diskId: string
  /** `null` where all sandboxes share one range */
  readonly idRange: number | null
}

/** Who has the numbers of ranges; `null` where all sandboxes share one. */
interface RangeHolder {
  readonly layout: Layout
  readonly idRanges: Numbers | null
}

/** Makes a disk and mounts it over a snapshot under ids that nothing else runs with. A failure leaves nothing behind. */
export async function makeMountedDisk(
  holder: RangeHolder,
  sizeGib: number,
  layers: readonly string[],
): Promise<MountedDisk> {
  const diskId = await makeDisk(holder.layout, sizeGib)
  try {
    return { diskId, idRange: await mountInRange(holder, diskId, layers) }
  } catch (error) {
    await deleteDisk(holder.layout, diskId)
    throw error
  }
}

/** Removes a disk that no sandbox has used, and lets its range go. */
export async function discardMountedDisk(holder: RangeHolder, { diskId, idRange }: MountedDisk): Promise<void> {
  await deleteDisk(holder.layout, diskId)
  releaseRange(holder, idRange)
}

/** Mounts a disk under a fresh range and gives its number. Throws INSUFFICIENT_CAPACITY when all are taken. */
export async function mountInRange(
  holder: RangeHolder,
  diskId: string,
  layers: readonly string[],
): Promise<number | null> {
  const { layout, idRanges } = holder
  const range = idRanges === null ? null : idRanges.claim()
  if (idRanges !== null && range === null) {
    throw new PlatformError('INSUFFICIENT_CAPACITY', `All ${idRangeCount} ranges of user ids are taken`)
  }
  try {
    await mountDisk(layout, diskId, layers, rangeRootId(layout.index, range))
    return range
  } catch (error) {
    await unmountDisk(layout, diskId)
    releaseRange(holder, range)
    throw error
  }
}

/** Lets a range go, once nothing runs with its ids. */
export function releaseRange({ idRanges }: RangeHolder, range: number | null): void {
  if (range !== null) idRanges?.release(range)
}
