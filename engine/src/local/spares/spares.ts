/** Things made ahead of need, so that taking one costs nothing. */
export interface Spares<T> {
  /** Begins to make things ahead. */
  fill(): void
  /** One that is ready, else a new one. */
  take(): Promise<T>
  /** Discards all that are ready and makes no more. */
  close(): Promise<void>
}

/** What spares are made of. */
export interface SparesOptions<T> {
  /** how many to keep ready */
  readonly count: number
  readonly make: () => Promise<T>
  readonly discard: (thing: T) => Promise<void>
  /** a spare could not be made; the next `take` makes its own and tells its caller */
  readonly onFault: (fault: unknown) => void
  /** time after a `take` before new ones are made, so that they do not compete with what needed it, ms */
  readonly pauseMs: number
}

/** Keeps `count` things ready, made one after the other. */
export function createSpares<T>({ count, make, discard, onFault, pauseMs }: SparesOptions<T>): Spares<T> {
  const ready: T[] = []
  let timer: NodeJS.Timeout | null = null
  let making: Promise<void> | null = null
  let isClosed = false

  const refill = async (): Promise<void> => {
    while (!isClosed && ready.length < count) {
      const thing = await make()
      if (isClosed) await discard(thing)
      else ready.push(thing)
    }
  }
  const schedule = (): void => {
    if (isClosed || making !== null || ready.length >= count) return
    if (timer !== null) clearTimeout(timer)
    timer = setTimeout(() => {
      timer = null
      making = refill()
        .catch(onFault)
        .finally(() => {
          making = null
        })
    }, pauseMs)
    timer.unref()
  }
  return {
    fill: schedule,
    async take() {
      const thing = ready.pop()
      schedule()
      return thing === undefined ? await make() : thing
    },
    async close() {
      isClosed = true
      if (timer !== null) clearTimeout(timer)
      await making
      for (const thing of ready.splice(0)) await discard(thing).catch(onFault)
    },
  }
}
