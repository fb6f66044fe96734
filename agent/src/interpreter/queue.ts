import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'

/** Lets one at a time through, in the order they came. */
export class Queue {
  #isTaken = false
  readonly #waiting: (() => void)[] = []

  /**
   * Settles with true when it is the caller's turn, who then calls `leave` at its end; with false when the signal came
   * first. Throws TOO_MANY_REQUESTS when too many wait.
   */
  async enter(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false
    if (!this.#isTaken) {
      this.#isTaken = true
      return true
    }
    if (this.#waiting.length >= limits.interpreterQueue) {
      throw new PlatformError('TOO_MANY_REQUESTS', `${limits.interpreterQueue} runs wait in this context already`)
    }
    return await new Promise((resolve) => {
      const goAway = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(begin), 1)
        resolve(false)
      }
      const begin = (): void => {
        signal.removeEventListener('abort', goAway)
        resolve(true)
      }
      this.#waiting.push(begin)
      signal.addEventListener('abort', goAway, { once: true })
    })
  }

  /** Gives the turn to the next. */
  leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#isTaken = false
    else next()
  }
}
