import { pause } from './deadline.ts'
import { DaytonaError, DaytonaTimeoutError } from './errors.ts'

/** What is waited for. */
export interface Wait {
  /** what it is, for the error */
  readonly what: string
  /** looks again; true when the wait is over. Throws when it will never be */
  readonly look: () => Promise<boolean>
  /** s; 0 is no deadline */
  readonly timeout: number
  readonly signal?: AbortSignal | undefined
}

const firstPauseMs = 100
const longestPauseMs = 1000

/**
 * Looks again and again, first often and then each second.
 *
 * @throws DaytonaTimeoutError after `timeout`
 */
export async function waitUntil({ what, look, timeout, signal }: Wait): Promise<void> {
  checkTimeout(timeout)
  const endMs = timeout === 0 ? Number.POSITIVE_INFINITY : Date.now() + timeout * 1000
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.2, longestPauseMs)) {
    if (await look()) return
    const leftMs = endMs - Date.now()
    if (leftMs <= 0) throw new DaytonaTimeoutError(`${what} within ${timeout} s`)
    await pause(Math.min(pauseMs, leftMs), signal)
  }
}

/** @throws DaytonaError for a timeout that is no number of seconds from 0 on */
export function checkTimeout(timeout: number): void {
  if (!(timeout >= 0)) throw new DaytonaError('A timeout must be a number of seconds, 0 for none')
}
