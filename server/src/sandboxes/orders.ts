import { type DesiredState, isPlatformError, PlatformError, type SandboxReport } from '@sandyard/protocol'
import type { Log } from '../log.ts'

/** What an order leads to: a state, or a change after which the sandbox is where it was. */
export type OrderTarget = DesiredState | 'changed'

/** A change that is under way on one sandbox. */
export interface Order {
  readonly target: OrderTarget
  /** settles when the change is written and will be finished, come what may; rejects when it was refused */
  readonly accepted: Promise<void>
  /** settles when it has ended */
  readonly done: Promise<void>
}

/** Sees to it that on each sandbox one order runs at a time, and that reports wait for its end. */
export interface Orders {
  /**
   * Runs the work, which calls `accept` once it is written down. A second order to the same state joins the
   * first; any other throws CONFLICT.
   */
  begin(sandboxId: string, target: OrderTarget, work: (accept: () => void) => Promise<void>): Order
  isUnderWay(sandboxId: string): boolean
  /** How many are under way. */
  count(): number
  /** Takes in a report of the engine: applied at once, or when the order under way has ended. */
  report(report: SandboxReport): void
  /** Tries again what could not be applied. */
  retryReports(): void
  /** Resolves when nothing is under way, or after `timeoutMs`. */
  settled(timeoutMs: number): Promise<void>
}

interface Running extends Order {
  /** the last report that came meanwhile */
  report: SandboxReport | undefined
}

/** Makes the orders; `adopt` writes what a report says, when the row says otherwise. */
export function createOrders(adopt: (report: SandboxReport) => Promise<void>, log: Log): Orders {
  const running = new Map<string, Running>()
  /** reports that are not applied yet, the newest of each sandbox */
  const waiting = new Map<string, SandboxReport>()
  /** reports that could not be applied */
  const failed = new Map<string, SandboxReport>()
  let draining: Promise<void> | undefined

  function begin(sandboxId: string, target: OrderTarget, work: (accept: () => void) => Promise<void>): Order {
    const current = running.get(sandboxId)
    if (current !== undefined) {
      if (current.target === target && target !== 'changed') return current
      throw new PlatformError('CONFLICT', 'Sandbox state change in progress')
    }
    const accepted = Promise.withResolvers<void>()
    const done = Promise.withResolvers<void>()
    // Whoever waits sees the failure; when nobody does any more, the row tells it.
    accepted.promise.catch(() => {})
    done.promise.catch(() => {})
    const order: Running = {
      target,
      accepted: accepted.promise,
      done: done.promise,
      report: waiting.get(sandboxId) ?? failed.get(sandboxId),
    }
    waiting.delete(sandboxId)
    failed.delete(sandboxId)
    running.set(sandboxId, order)
    let isAccepted = false
    const accept = () => {
      isAccepted = true
      accepted.resolve()
    }
    void work(accept).then(
      async () => {
        await end(sandboxId, order)
        accepted.resolve()
        done.resolve()
      },
      async (error: unknown) => {
        if (isAccepted) log.warn({ error, sandboxId, target }, 'an order on a sandbox failed')
        await end(sandboxId, order)
        accepted.reject(error)
        done.reject(error)
      },
    )
    return order
  }

  /**
   * Applies what came while the order ran, and ends it in the same turn in which nothing is left: a report that comes
   * later must not be noted with an order that nobody looks at any more. What agrees with its target needs no look at
   * the row.
   */
  async function end(sandboxId: string, order: Running): Promise<void> {
    while (order.report !== undefined) {
      const report = order.report
      order.report = undefined
      if (report.state === order.target || (report.state === 'absent' && order.target === 'destroyed')) continue
      await apply(report)
    }
    running.delete(sandboxId)
  }

  async function apply(report: SandboxReport): Promise<void> {
    const { sandboxId } = report
    try {
      await adopt(report)
    } catch (error) {
      // An order came between the look at the row and the change of it: it takes the report over.
      if (isPlatformError(error) && error.code === 'CONFLICT') return take(report)
      log.error({ error, sandboxId }, 'a report could not be applied; it will be tried again')
      failed.set(sandboxId, report)
    }
  }

  async function drain(): Promise<void> {
    for (let next = first(waiting); next !== undefined; next = first(waiting)) {
      waiting.delete(next.sandboxId)
      await apply(next)
    }
    draining = undefined
  }

  function take(report: SandboxReport): void {
    const order = running.get(report.sandboxId)
    if (order !== undefined) {
      order.report = report
      return
    }
    failed.delete(report.sandboxId)
    waiting.set(report.sandboxId, report)
    draining ??= drain()
  }

  return {
    begin,
    isUnderWay: (sandboxId) => running.has(sandboxId),
    count: () => running.size,
    report: take,
    retryReports() {
      for (const report of [...failed.values()]) take(report)
    },
    async settled(timeoutMs) {
      const all = Promise.allSettled([draining, ...[...running.values()].map((order) => order.done)])
      await Promise.race([all, new Promise((resolve) => setTimeout(resolve, timeoutMs).unref())])
    },
  }
}

function first<Value>(map: ReadonlyMap<string, Value>): Value | undefined {
  return map.values().next().value
}
