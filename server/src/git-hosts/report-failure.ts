import { Refusal, type Reporter } from './reporter.ts'
import { type GitAnswer, NotReached } from './request.ts'

const second = 1000
/** First and longest time until the next try, ms. */
const waitMs = { first: 10 * second, longest: 3600 * second }
/** Longest that a git host may have us wait, ms. */
const longestAskedMs = 6 * 3600 * second

/** What follows from a failure. */
export type AfterFailure =
  /** nothing can be told with this token and API; the reason is for people */
  | { readonly kind: 'hopeless'; readonly reason: string }
  /** only this cannot be told */
  | { readonly kind: 'skip'; readonly reason: string }
  /** it is tried again at this time; `isHosts`: everything of the project waits */
  | { readonly kind: 'again'; readonly reason: string; readonly untilMs: number; readonly isHosts: boolean }

/** Decides what follows from a failure of telling. Rethrows what is none of a git host. */
export async function afterFailure(
  error: unknown,
  reporter: Pick<Reporter, 'canRead'>,
  { attempts, nowMs }: { readonly attempts: number; readonly nowMs: number },
): Promise<AfterFailure> {
  const laterMs = nowMs + Math.min(waitMs.longest, waitMs.first * 2 ** Math.min(attempts, 20))
  if (error instanceof NotReached) {
    const reason = `The git host's API: ${error.message}`
    if (error.isRefused) return { kind: 'hopeless', reason }
    return { kind: 'again', reason, untilMs: laterMs, isHosts: true }
  }
  if (!(error instanceof Refusal)) throw error
  const { message: reason, answer } = error
  const { status } = answer
  const askedMs = askedWait(answer, nowMs)
  if (askedMs !== null) return { kind: 'again', reason, untilMs: Math.max(laterMs, nowMs + askedMs), isHosts: true }
  if (status >= 500 || status === 408) return { kind: 'again', reason, untilMs: laterMs, isHosts: true }
  if (status === 401) return { kind: 'hopeless', reason: `${reason}: the token is not good` }
  if (status >= 300 && status < 400) {
    return { kind: 'hopeless', reason: `${reason}: the repository or its API has moved; say the new address` }
  }
  // The conversation is locked, or such: other pull requests may be told of.
  if (status === 403 && /lock/i.test(reason)) return { kind: 'skip', reason }
  if (status === 403) return { kind: 'hopeless', reason: `${reason}: the token may not do this` }
  if (status === 404 || status === 410) {
    const isSeen = await reporter.canRead().catch(() => true)
    return isSeen
      ? { kind: 'skip', reason }
      : { kind: 'hopeless', reason: `${reason}: the token does not see the repository, or there is none` }
  }
  return { kind: 'skip', reason }
}

/** How long a git host wants us to wait, ms; null: it does not say so. */
function askedWait({ status, headers, body }: GitAnswer, nowMs: number): number | null {
  if (![403, 429, 503].includes(status)) return null
  const after = headers['retry-after']
  const seconds = Number(after)
  if (after !== undefined && Number.isFinite(seconds)) return bound(seconds * second)
  if (after !== undefined && !Number.isNaN(Date.parse(after))) return bound(Date.parse(after) - nowMs)
  const reset = Number(headers['x-ratelimit-reset'] ?? headers['ratelimit-reset'])
  const isUsedUp = headers['x-ratelimit-remaining'] === '0' || headers['ratelimit-remaining'] === '0'
  if (isUsedUp && Number.isFinite(reset)) return bound(reset * second - nowMs)
  const isLimit = status === 429 || /rate limit/i.test(JSON.stringify(body ?? ''))
  return isLimit ? 60 * second : null
}

function bound(ms: number): number {
  return Math.min(Math.max(ms, second), longestAskedMs)
}
