import { PlatformError, type SnapshotOrder, type SnapshotSource } from '@sandyard/protocol'
import type { Context } from '../context.ts'
import type { Image } from '../images/image.ts'

/** The making of a snapshot from a Dockerfile. */
export interface BuildOrder extends SnapshotOrder {
  readonly source: Extract<SnapshotSource, { kind: 'dockerfile' }>
}

/** Builds the Dockerfile of the order. */
export async function buildImage(
  _context: Context,
  _order: BuildOrder,
  _tell: (text: string) => void,
  _signal: AbortSignal,
): Promise<Image> {
  throw new PlatformError('NOT_IMPLEMENTED', 'Building Dockerfiles is not supported yet')
}
