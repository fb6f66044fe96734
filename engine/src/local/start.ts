import { type BroughtUp, bringUpSteps } from './bring-up.ts'
import type { Context } from './context.ts'
import { attach, requireRecord } from './life.ts'
import { writeRecord } from './record.ts'
import { runSteps } from './steps.ts'

/** Starts a stopped sandbox on the disk it had. Does nothing when it runs. */
export async function startSandbox(context: Context, sandboxId: string): Promise<void> {
  const record = requireRecord(context, sandboxId)
  if (record.phase === 'running') return
  const { reason: _, ...stopped } = record
  const found: BroughtUp = { slot: null, init: null }
  const times = await runSteps(
    bringUpSteps(context, record, found, {
      run: () => writeRecord(context.layout, { ...stopped, ...found, phase: 'running' }),
      undo: () => writeRecord(context.layout, record),
    }),
    (step, fault) => context.log.warn({ sandboxId, step, fault: String(fault) }, 'a step could not be undone'),
  )
  attach(context, { ...stopped, ...found, phase: 'running' })
  context.log.info({ sandboxId, steps: Object.fromEntries(times.map(({ name, ms }) => [name, ms])) }, 'sandbox started')
}
