import { PlatformError, type SnapshotInfo } from '@sandyard/protocol'
import type { Context } from '../context.ts'
import type { Image } from './image.ts'

/** How a snapshot differs from its image. */
export interface KeepOptions {
  /** instead of the image's own program; `null` keeps that */
  readonly entrypoint: readonly string[] | null
}

/** Writes the record of a snapshot made of the image and makes it known: from here on it is there after any crash. */
export async function keepImage(
  _context: Context,
  _name: string,
  _image: Image,
  _options: KeepOptions,
): Promise<SnapshotInfo> {
  throw new PlatformError('NOT_IMPLEMENTED', 'Snapshots of images are not supported yet')
}
