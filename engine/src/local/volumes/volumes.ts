import { PlatformError } from '@sandyard/protocol'
import type { Context } from '../context.ts'

export async function makeVolume(_context: Context, _volumeId: string): Promise<void> {
  throw new PlatformError('NOT_IMPLEMENTED', 'Volumes are not supported yet')
}

export async function removeVolume(_context: Context, _volumeId: string): Promise<void> {
  throw new PlatformError('NOT_IMPLEMENTED', 'Volumes are not supported yet')
}
