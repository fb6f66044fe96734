import { DaytonaConnectionTimeoutError } from './errors.ts'

/** What bounds a call. */
export interface CallOptions {
  /** ends the call; what it throws is the signal's reason */
  readonly signal?: AbortSignal | undefined
  /** ms; 0 is no deadline; default: the client's `requestTimeoutMs` */
  readonly timeoutMs?: number | undefined
}

/** A signal that ends a call in time, and whoever must let go of its timer. */
export interface Deadline {
  readonly signal: AbortSignal
  /** Lets go of the timer. */
  end(): void
}

/** Longest time that a timer can wait, ms. */
const longestTimerMs = 2 ** 31 - 1

/** Joins the caller's signal with a deadline, whose error names what was called. */
export function startDeadline(options: CallOptions, what: string): Deadline {
  const controller = new AbortController()
  const { signal, timeoutMs = 0 } = options
  const follow = (): void => controller.abort(signal?.reason)
  if (signal?.aborted === true) follow()
  signal?.addEventListener('abort', follow, { once: true })
  const timer =
    timeoutMs > 0
      ? setTimeout(
          () => controller.abort(new DaytonaConnectionTimeoutError(`${what} did not end within ${timeoutMs} ms`)),
          Math.min(timeoutMs, longestTimerMs),
        )
      : undefined
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', follow)
    },
  }
}

/** Waits; ends early, by throwing its reason, when the signal does. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end)
      resolve()
    }, ms)
    signal?.addEventListener('abort', end, { once: true })
  })
}
