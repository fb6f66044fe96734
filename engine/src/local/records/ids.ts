/** Host user and group id that stands for root of sandboxes on disk: files of snapshots and disks are owned from here on. */
export const containerRootId = 100_000

/** How many ids a sandbox has. */
export const containerIdCount = 65_536

/** Running sandboxes of one platform that have ids of their own. */
export const idRangeCount = 1000

/** First id that running sandboxes get: below are people, services, and ids that other programs hand out to users. */
const firstRangeId = 524_288

/**
 * Host id that is root inside a running sandbox. Ranges of different numbers have no id in common, nor have those of
 * different platforms (`index` 0-63): what the kernel counts per user it counts per sandbox. `null` is a machine that
 * cannot show files under other ids than they have on disk: there all sandboxes share the ids on disk.
 */
export function rangeRootId(index: number, range: number | null): number {
  return range === null ? containerRootId : firstRangeId + (index * idRangeCount + range) * containerIdCount
}
