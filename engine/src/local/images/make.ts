import { PlatformError, type SnapshotInfo, type SnapshotOrder } from '@sandyard/protocol'
import type { Context } from '../context.ts'

export async function makeSnapshot(
  _context: Context,
  _order: SnapshotOrder,
  _tell: (text: string) => void,
): Promise<SnapshotInfo> {
  throw new PlatformError('NOT_IMPLEMENTED', 'Snapshots of images are not supported yet')
}
