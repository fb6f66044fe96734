import { followBuilds } from '../builds/follow.ts'
import { tidySnapshots } from '../snapshots/remove.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import { createBackOff } from './back-off.ts'
import { createClockTasks } from './by-clock.ts'
import type { SandboxParts } from './parts.ts'
import { halfDoneStates, resume } from './resume.ts'

/** How long the rows of destroyed sandboxes stay, ms (api.md 2.5). */
const keptMs = 24 * 3600 * 1000

/** Compares what is wanted with what is, and gives the orders that bring them together. */
export interface Reconcile {
  /** One round; resolves when the orders are given, not when they are done. */
  round(): Promise<void>
}

/** Makes the reconciler. `housekeeping` runs in each round before anything is decided. */
export function createReconcile(parts: SandboxParts, housekeeping: () => Promise<void>): Reconcile {
  const { engine, sandboxes, orders, clock, log } = parts
  const backOff = createBackOff(clock)
  const keyOf = ({ id, state }: SandboxRecord) => `${id} ${state}`

  async function finishHalfDone(): Promise<void> {
    const moving = await sandboxes.inStates(halfDoneStates)
    const halfDone = [...moving, ...(await sandboxes.unconfirmed())]
    backOff.retain(new Set(halfDone.map(keyOf)))
    const forking = new Set(moving.filter(({ state }) => state === 'forking').map(({ id }) => id))
    for (const sandbox of halfDone) {
      const { id: sandboxId, state, parentId } = sandbox
      const isMadeByParent = state === 'creating' && parentId !== null && forking.has(parentId)
      if (isMadeByParent || orders.isUnderWay(sandboxId)) continue
      const count = backOff.try(keyOf(sandbox))
      if (count === 0) continue
      log.info({ sandboxId, state, count }, 'finishing a half-done change')
      resume(parts, sandbox)
    }
  }

  /**
   * What the engine says of sandboxes that should live; a report can be lost with the process that should have taken it
   * in.
   */
  async function compareWithEngine(): Promise<void> {
    for (const { id, state } of await sandboxes.inStates(['started', 'paused'])) {
      if (orders.isUnderWay(id)) continue
      const report = await engine.inspect(id)
      if (report.state !== state) orders.report(report)
    }
  }

  const tasks = [
    housekeeping,
    finishHalfDone,
    compareWithEngine,
    ...createClockTasks(parts),
    () => tidySnapshots(parts),
    () => followBuilds(parts),
    () => parts.builds.begin(),
    () => parts.builds.tidy(),
    () => parts.volumeWork.tidy(),
    () => parts.secretWork.tidy(),
    () => sandboxes.purge(clock() - keptMs),
  ]

  return {
    async round() {
      orders.retryReports()
      for (const task of tasks) {
        try {
          await task()
        } catch (error) {
          log.error({ error }, 'a part of the reconcile round failed; the next round tries again')
        }
      }
    },
  }
}
