import { limits, PlatformError } from '@sandyard/protocol'

/** Longest time until a stopped sandbox is archived, minutes: 30 days. */
export const longestArchiveMinutes = 43_200

/** Minutes until a sandbox stops by itself; 0 is never. Throws BAD_REQUEST for a negative one. */
export function checkStopMinutes(minutes: number): number {
  if (minutes < 0) throw new PlatformError('BAD_REQUEST', 'Auto-stop interval must be non-negative')
  return minutes
}

/** Minutes until a stopped sandbox is archived; 0 and too long ones become the longest. Throws BAD_REQUEST. */
export function archiveMinutes(minutes: number): number {
  if (minutes < 0) throw new PlatformError('BAD_REQUEST', 'Auto-archive interval must be non-negative')
  return minutes === 0 ? longestArchiveMinutes : Math.min(minutes, longestArchiveMinutes)
}

/** Minutes until a stopped sandbox is deleted; every negative one is never. */
export function storedMinutes(minutes: number): number {
  return Math.max(minutes, -1)
}

/** Minutes in a path. Throws BAD_REQUEST when it is not a whole number, or longer than ten years. */
export function parseMinutes(text: string): number {
  const minutes = /^-?[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(minutes) || minutes > limits.intervalMinutes) {
    throw new PlatformError('BAD_REQUEST', `The interval must be a whole number up to ${limits.intervalMinutes}`)
  }
  return minutes
}
