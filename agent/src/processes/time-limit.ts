/** Longest delay a timer takes, ms; a longer limit is as good as none (25 days). */
const longestTimerMs = 2 ** 31 - 1

/** Calls back when the time is over, null being never. Clear what it gives when there is nothing left to limit. */
export function startTimeLimit(ms: number | null, onOver: () => void): NodeJS.Timeout | undefined {
  return ms !== null && ms <= longestTimerMs ? setTimeout(onOver, ms) : undefined
}
