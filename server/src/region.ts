import { PlatformError } from '@sandyard/protocol'
import type { ServerConfig } from './options.ts'

/** The id of the region that a caller names by id or name, or does not name. Throws NOT_FOUND for any but ours. */
export function regionFor({ region }: Pick<ServerConfig, 'region'>, idOrName: string | null | undefined): string {
  const wanted = idOrName ?? region.id
  if (wanted === region.id || wanted === region.name) return region.id
  throw new PlatformError('NOT_FOUND', 'Region not found')
}
