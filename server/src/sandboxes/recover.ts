import { type SandboxReport, type SandboxState, sandboxStates } from '@sandyard/protocol'
import { adoptReport } from './adopt.ts'
import type { SandboxParts } from './parts.ts'

const livingStates: readonly SandboxState[] = sandboxStates.filter((state) => state !== 'destroyed')

/**
 * Brings the store in line with the engine after a start: nothing that was acknowledged is lost, what was half done is
 * left in its state for `reconcile`, which does it again. The time in which the platform was away counts as activity.
 */
export async function recoverSandboxes(parts: SandboxParts): Promise<void> {
  for (const sandbox of await parts.sandboxes.inStates(livingStates)) {
    if (parts.orders.isUnderWay(sandbox.id)) continue
    try {
      await adoptInto(parts, await parts.engine.inspect(sandbox.id))
    } catch (error) {
      parts.log.error({ error, sandboxId: sandbox.id }, 'a sandbox could not be brought in line with the engine')
    }
  }
  await parts.sandboxes.touchStarted(parts.clock())
}

/** Writes what a report says into its row, when the row says otherwise. */
export async function adoptInto(
  parts: Pick<SandboxParts, 'sandboxes' | 'changes' | 'clock' | 'log'> & {
    readonly isWarm?: (sandboxId: string) => Promise<boolean>
  },
  report: SandboxReport,
): Promise<void> {
  const { sandboxId, state, reason } = report
  const sandbox = await parts.sandboxes.byId(sandboxId)
  if (sandbox === undefined || sandbox.state === 'destroyed') {
    if (state !== 'absent' && (await parts.isWarm?.(sandboxId)) !== true)
      parts.log.warn({ sandboxId, state }, 'the engine has a sandbox that the store does not know')
    return
  }
  const adoption = adoptReport(sandbox, report, parts.clock())
  if (adoption === null) return
  await parts.changes.move(sandbox, adoption.to, adoption.patch)
  parts.log.info({ sandboxId, from: sandbox.state, to: adoption.to, reason }, 'a sandbox changed by itself')
}
