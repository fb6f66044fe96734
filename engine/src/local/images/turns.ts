import type { Locks } from '../records/locks.ts'

/** Pulls that fetch and unpack at a time; further ones wait. */
export const pullsAtOnce = 3

/** Does the work when it is our turn for the key. Whoever gives up before leaves the queue at once. */
export async function inTurn<T>(locks: Locks, key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const turn = locks.take(key)
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  aborted.catch(() => {}) // Nobody may be waiting for it any more.
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    signal.throwIfAborted()
    await Promise.race([turn.come, aborted])
    signal.throwIfAborted()
    return await work()
  } finally {
    signal.removeEventListener('abort', abort)
    turn.end()
  }
}

/** Hands out one of a few numbers, for as long as work takes, in the order it was asked for. */
export interface Turns {
  run<T>(signal: AbortSignal, onWait: () => void, work: () => Promise<T>): Promise<T>
}

/** So many at a time. */
export function createTurns(count: number): Turns {
  let free = count
  const waiting: (() => void)[] = []
  const giveBack = (): void => {
    const next = waiting.shift()
    if (next === undefined) free += 1
    else next()
  }
  const wait = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const abort = (): void => {
        waiting.splice(waiting.indexOf(come), 1)
        reject(signal.reason)
      }
      const come = (): void => {
        signal.removeEventListener('abort', abort)
        resolve()
      }
      signal.addEventListener('abort', abort, { once: true })
      waiting.push(come)
    })
  return {
    async run(signal, onWait, work) {
      signal.throwIfAborted()
      if (free > 0) free -= 1
      else {
        onWait()
        await wait(signal)
      }
      try {
        return await work()
      } finally {
        giveBack()
      }
    },
  }
}
