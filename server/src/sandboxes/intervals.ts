import { limits, PlatformError } from '@sandyard/protocol'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import { isEphemeral } from './states.ts'

/** Longest time until a stopped sandbox is archived, minutes: 30 days. */
export const longestArchiveMinutes = 43_200

/** Minutes until a sandbox stops by itself; 0 is never. Throws BAD_REQUEST for a negative one. */
export function checkStopMinutes(minutes: number): number {
  if (minutes < 0) throw new PlatformError('BAD_REQUEST', 'Auto-stop interval must be non-negative')
  return minutes
}

/** Minutes until a sandbox is paused by itself; 0 is never. Throws BAD_REQUEST for a negative one. */
export function checkPauseMinutes(minutes: number): number {
  if (minutes < 0) throw new PlatformError('BAD_REQUEST', 'Auto-pause interval must be non-negative')
  return minutes
}

/** Minutes until a sandbox is deleted, whatever its state; 0 is never. Throws BAD_REQUEST for a negative one. */
export function checkTtlMinutes(minutes: number): number {
  if (minutes < 0) throw new PlatformError('BAD_REQUEST', 'TTL must be non-negative')
  return minutes
}

/** When a sandbox is deleted that lives so long from now, epoch ms; null is never. */
export function endOf(ttlMinutes: number, nowMs: number): number | null {
  return ttlMinutes === 0 ? null : nowMs + ttlMinutes * 60_000
}

/** Checks that intervals go together: pausing by itself stands alone. Throws BAD_REQUEST. */
export function checkTogether(
  sandbox: Pick<SandboxRecord, 'autoStopMinutes' | 'autoPauseMinutes' | 'autoDeleteMinutes'>,
): void {
  if (sandbox.autoPauseMinutes === 0) return
  if (sandbox.autoStopMinutes > 0) {
    throw new PlatformError('BAD_REQUEST', 'Only one of the auto-stop and auto-pause intervals can be set')
  }
  if (isEphemeral(sandbox)) {
    throw new PlatformError('BAD_REQUEST', 'Ephemeral sandboxes cannot have an auto-pause interval')
  }
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
