import { pause } from './deadline.ts'
import { DaytonaConnectionError, DaytonaError } from './errors.ts'

/** A request that has just failed. */
export interface Attempt {
  /** counted from 1 */
  readonly attempt: number
  readonly method: string
  /** false when its body was a stream, which is gone now */
  readonly isReplayable: boolean
}

const mostAttempts = 3
/** Longest time that a client waits because an answer says so, ms. */
const longestWaitMs = 30_000
/** Failures of the way there: nothing of the request was sent. */
const beforeSending = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'ConnectionRefused',
])
const idempotent = new Set(['GET', 'HEAD', 'PUT', 'DELETE'])

/**
 * Waits until the request may be sent again, or throws its error. Sent again is only what cannot do its work twice:
 * what never left, what the platform refused before it looked (429), and calls that may be repeated.
 */
export async function waitToRetry(
  { attempt, method, isReplayable }: Attempt,
  { error, response }: { error: unknown; response?: Response },
  signal: AbortSignal,
): Promise<void> {
  if (attempt >= mostAttempts || !isReplayable) throw error
  if (response === undefined) {
    if (!beforeSending.has(causeCode(error)) && !idempotent.has(method)) throw error
    return await pause(250 * attempt + Math.random() * 100, signal)
  }
  const isRefused = response.status === 429 || (response.status === 503 && idempotent.has(method))
  const seconds = Number(response.headers.get('Retry-After') ?? Number.NaN)
  if (!isRefused || !(seconds >= 0) || seconds * 1000 > longestWaitMs) throw error
  await pause(seconds * 1000 + Math.random() * 100, signal)
}

/** A failure of `fetch` itself as an error of ours. */
export function failure(error: unknown): unknown {
  if (error instanceof DaytonaError || (error instanceof Error && error.name === 'AbortError')) return error
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const reason = cause instanceof Error ? cause.message || causeCode(error) : String(cause)
  return new DaytonaConnectionError(
    `The platform could not be reached: ${reason}`,
    undefined,
    undefined,
    undefined,
    undefined,
    {
      cause: error,
    },
  )
}

/** The system's code of a failed connection; where several addresses were tried, of the first. */
function causeCode(error: unknown): string {
  let at: unknown = error
  for (let depth = 0; depth < 5 && typeof at === 'object' && at !== null; depth += 1) {
    const { code, cause, errors } = at as { code?: unknown; cause?: unknown; errors?: unknown[] }
    if (typeof code === 'string') return code
    at = cause ?? errors?.[0]
  }
  return ''
}
