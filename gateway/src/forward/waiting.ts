/** One that waits. */
export interface Waiter<T> {
  readonly network: string
  /** of `performance.now()` */
  readonly sinceMs: number
  resolve(value: T): void
}

/** Those that wait for something; networks take turns, so that one with many that wait does not stand before all others. */
export interface Waiting<T> {
  readonly count: number
  /** Gives a function that takes it out again. */
  add(network: string, resolve: (value: T) => void, nowMs: number): () => void
  /** Takes out whose turn it is; null: nobody waits. */
  next(): Waiter<T> | null
  /** The networks, each with the time since when its first one waits. */
  networks(): ReadonlyMap<string, number>
}

/** Makes it. */
export function createWaiting<T>(): Waiting<T> {
  /** the network whose turn it is comes first, and of each the one that has waited longest */
  const queues = new Map<string, Set<Waiter<T>>>()
  let count = 0

  function remove(one: Waiter<T>): void {
    const queue = queues.get(one.network)
    if (queue?.delete(one) !== true) return
    count -= 1
    if (queue.size === 0) queues.delete(one.network)
  }

  return {
    get count() {
      return count
    },
    add(network, resolve, nowMs) {
      const one = { network, sinceMs: nowMs, resolve }
      const queue = queues.get(network) ?? new Set()
      queues.set(network, queue.add(one))
      count += 1
      return () => remove(one)
    },
    next() {
      for (const [network, queue] of queues) {
        const [one] = queue
        if (one === undefined) continue
        remove(one)
        if (queue.size > 0) {
          queues.delete(network)
          queues.set(network, queue)
        }
        return one
      }
      return null
    },
    networks() {
      const since = new Map<string, number>()
      for (const [network, [first]] of queues) if (first !== undefined) since.set(network, first.sinceMs)
      return since
    },
  }
}
