import type { SandboxState } from '@sandyard/protocol'
import type { SandboxRecord, SandboxSummary } from '../store/sandbox-record.ts'
import { deleteSandbox, finishDelete } from './delete.ts'
import { readSandbox } from './find.ts'
import type { SandboxParts } from './parts.ts'
import { adoptInto } from './recover.ts'
import { finishStart } from './start.ts'
import { finishStop, stopSandbox } from './stop.ts'

/** Most sandboxes that one round stops or deletes. */
const mostPerRound = 100
/** How long the rows of destroyed sandboxes stay, ms (api.md 2.5). */
const keptMs = 24 * 3600 * 1000
/** Shortest and longest time between two tries of a half-done change, ms. */
const backOffMs = { first: 5_000, longest: 300_000 }

/** Compares what is wanted with what is, and gives the orders that bring them together. */
export interface Reconcile {
  /** One round; resolves when the orders are given, not when they are done. */
  round(): Promise<void>
}

/** Makes the reconciler. `housekeeping` runs in each round before anything is decided. */
export function createReconcile(parts: SandboxParts, housekeeping: () => Promise<void>): Reconcile {
  const { engine, sandboxes, orders, clock, log } = parts
  const tries = new Map<string, { state: SandboxState; count: number; notBeforeMs: number }>()

  async function finishHalfDone(): Promise<void> {
    const halfDone = await sandboxes.inStates(['creating', 'starting', 'stopping', 'destroying'])
    const states = new Map(halfDone.map(({ id, state }) => [id, state]))
    for (const [id, { state }] of tries) if (states.get(id) !== state) tries.delete(id)
    for (const sandbox of halfDone) {
      const { id, state } = sandbox
      if (orders.isUnderWay(id) || (tries.get(id)?.notBeforeMs ?? 0) > clock()) continue
      const count = (tries.get(id)?.count ?? 0) + 1
      const delayMs = Math.min(backOffMs.first * 2 ** (count - 1), backOffMs.longest)
      tries.set(id, { state, count, notBeforeMs: clock() + delayMs })
      log.info({ sandboxId: id, state, count }, 'finishing a half-done change')
      resume(parts, sandbox)
    }
  }

  /** What the engine says of sandboxes at rest; a report can be lost with the process that should have taken it in. */
  async function compareWithEngine(): Promise<void> {
    for (const { id } of await sandboxes.inStates(['started'])) {
      if (orders.isUnderWay(id)) continue
      const report = await engine.inspect(id)
      if (report.state !== 'started') orders.report(report)
    }
  }

  async function stopIdle(): Promise<void> {
    for (const sandbox of await sandboxes.idle(clock(), mostPerRound)) {
      if (!orders.isUnderWay(sandbox.id)) give(stopSandbox(parts, sandbox), sandbox, 'auto-stop')
    }
  }

  async function deleteExpired(): Promise<void> {
    for (const sandbox of await sandboxes.expired(clock(), mostPerRound)) {
      if (!orders.isUnderWay(sandbox.id)) give(deleteSandbox(parts, sandbox), sandbox, 'auto-delete')
    }
  }

  /** Lets an order run by itself; what it could not do is tried again in a later round. */
  function give(order: Promise<SandboxRecord>, { id: sandboxId }: SandboxSummary, why: string): void {
    log.info({ sandboxId, why }, 'an order by the clock')
    order.catch((error: unknown) => log.warn({ error, sandboxId, why }, 'an order by the clock failed'))
  }

  return {
    async round() {
      orders.retryReports()
      const tasks = [
        housekeeping,
        finishHalfDone,
        compareWithEngine,
        stopIdle,
        deleteExpired,
        () => sandboxes.purge(clock() - keptMs),
      ]
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

/** Does again what a crash or a failure left half done, unless somebody else has done it since it was read. */
function resume(parts: SandboxParts, { id, state, desiredState }: SandboxRecord): void {
  parts.orders.begin(id, desiredState, async (accept) => {
    const sandbox = await readSandbox(parts.sandboxes, id)
    if (sandbox.state !== state) return
    accept()
    await finish(parts, sandbox)
  })
}

async function finish(parts: SandboxParts, sandbox: SandboxRecord): Promise<void> {
  switch (sandbox.state) {
    case 'creating':
      return adoptInto(parts, await parts.engine.inspect(sandbox.id))
    case 'starting':
      return finishStart(parts, sandbox)
    case 'stopping':
      return finishStop(parts, sandbox)
    case 'destroying':
      return finishDelete(parts, sandbox)
    default:
      throw new Error(`Sandbox ${sandbox.id} is ${sandbox.state}, which is not half done`)
  }
}
