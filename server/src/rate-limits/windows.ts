import type { RateLimit } from '../options.ts'

/** Where a caller stands after a call. */
export interface Standing {
  readonly limit: number
  /** calls that are left in this window */
  readonly remaining: number
  /** seconds until the window ends, at least 1 */
  readonly resetSeconds: number
  readonly isOver: boolean
}

/** Counts calls in windows of fixed length, which begin with a caller's first call. */
export interface Windows {
  /** Counts a call. */
  count(key: string, limit: RateLimit): Standing
  /** Where the caller stands, without counting; `null` when there is no window. */
  look(key: string, limit: RateLimit): Standing | null
}

interface Window {
  count: number
  readonly endMs: number
}

/**
 * Makes the windows. They hold at most `most` callers: beyond that the window goes that was opened first, whose caller
 * then has a new one.
 */
export function createWindows(clock: () => number, most = 50_000): Windows {
  const windows = new Map<string, Window>()

  function find(key: string): Window | undefined {
    const window = windows.get(key)
    if (window === undefined || window.endMs > clock()) return window
    windows.delete(key)
    return undefined
  }

  function open(key: string, seconds: number): Window {
    // In the order in which they were opened, so that those that are over come first.
    for (const [old, { endMs }] of windows) {
      if (endMs > clock() && windows.size < most) break
      windows.delete(old)
    }
    const window = { count: 0, endMs: clock() + seconds * 1000 }
    windows.set(key, window)
    return window
  }

  function standing({ count, endMs }: Window, { limit }: RateLimit, isOver: boolean): Standing {
    const resetSeconds = Math.max(1, Math.ceil((endMs - clock()) / 1000))
    return { limit, remaining: Math.max(0, limit - count), resetSeconds, isOver }
  }

  return {
    count(key, limit) {
      const window = find(key) ?? open(key, limit.seconds)
      window.count += 1
      return standing(window, limit, window.count > limit.limit)
    },
    look(key, limit) {
      const window = find(key)
      return window === undefined ? null : standing(window, limit, window.count >= limit.limit)
    },
  }
}
