import type { SandboxRecord, SandboxSummary } from '../store/sandbox-record.ts'
import { archiveSandbox } from './archive.ts'
import { createBackOff } from './back-off.ts'
import { deleteSandbox } from './delete.ts'
import type { SandboxParts } from './parts.ts'
import { pauseSandbox } from './pause.ts'
import { stopSandbox } from './stop.ts'

/** Most sandboxes that one round takes up for one reason. */
const mostPerRound = 100

/** One kind of orders that time gives. */
interface ClockOrder {
  readonly why: string
  /** in the audit log */
  readonly action: string
  find(parts: SandboxParts): Promise<readonly SandboxSummary[]>
  give(parts: SandboxParts, sandbox: SandboxSummary): Promise<SandboxRecord>
}

/** In the order in which they win when several are due. */
const clockOrders: readonly ClockOrder[] = [
  {
    why: 'deleted organization',
    action: 'delete',
    find: ({ sandboxes }) => sandboxes.orphaned(mostPerRound),
    give: deleteSandbox,
  },
  {
    why: 'deleted linked sandbox',
    action: 'delete',
    find: ({ sandboxes }) => sandboxes.leaderless(mostPerRound),
    give: deleteSandbox,
  },
  {
    why: 'suspended organization',
    action: 'stop',
    find: ({ sandboxes, clock }) => sandboxes.suspended(clock(), mostPerRound),
    give: (parts, sandbox) => stopSandbox(parts, sandbox),
  },
  {
    why: 'time to live',
    action: 'ttl_expire',
    find: ({ sandboxes, clock }) => sandboxes.ended(clock(), mostPerRound),
    give: deleteSandbox,
  },
  {
    why: 'auto-delete',
    action: 'auto_delete',
    find: ({ sandboxes, clock }) => sandboxes.expired(clock(), mostPerRound),
    give: deleteSandbox,
  },
  {
    why: 'auto-stop',
    action: 'auto_stop',
    find: ({ sandboxes, clock }) => sandboxes.idle(clock(), mostPerRound),
    give: (parts, sandbox) => stopSandbox(parts, sandbox, { isIdle: true }),
  },
  {
    why: 'auto-pause',
    action: 'auto_pause',
    find: ({ sandboxes, clock }) => sandboxes.pausable(clock(), mostPerRound),
    give: (parts, sandbox) => pauseSandbox(parts, sandbox, true),
  },
  {
    why: 'auto-archive',
    action: 'auto_archive',
    find: ({ sandboxes, clock }) => sandboxes.archivable(clock(), mostPerRound),
    give: (parts, sandbox) => archiveSandbox(parts, sandbox, true),
  },
]

/** Makes the tasks that give orders when their time has come; one that fails is given again, later each time. */
export function createClockTasks(parts: SandboxParts): readonly (() => Promise<void>)[] {
  const { orders, auditLog, log, clock } = parts
  return clockOrders.map(({ why, action, find, give }) => {
    const backOff = createBackOff(clock)
    return async () => {
      const due = await find(parts)
      backOff.retain(new Set(due.map(({ id }) => id)))
      for (const sandbox of due) {
        const { id: sandboxId } = sandbox
        if (orders.isUnderWay(sandboxId) || backOff.try(sandboxId) === 0) continue
        log.info({ sandboxId, why }, 'an order by the clock')
        give(parts, sandbox)
          .then(() => auditLog.note(sandbox.organizationId, { action, targetType: 'sandbox', targetId: sandboxId }))
          .catch((error: unknown) => log.warn({ error, sandboxId, why }, 'an order by the clock failed'))
      }
    }
  })
}
