import { isPlatformError } from '@sandyard/protocol'

/** One undoable action. `undo` must be safe when `run` never happened or stopped half-way. */
export interface Step {
  readonly name: string
  run(): Promise<void>
  undo(): Promise<void>
}

/** How long a step took. */
export interface StepTime {
  readonly name: string
  readonly ms: number
}

/**
 * Runs the steps in order. When one fails, it and all before it are undone in reverse, even if an undo fails too, and
 * the failure is thrown with the step's name.
 */
export async function runSteps(
  steps: readonly Step[],
  onUndoFault: (name: string, fault: unknown) => void,
): Promise<StepTime[]> {
  const begun: Step[] = []
  const times: StepTime[] = []
  for (const step of steps) {
    begun.unshift(step)
    const startedAt = performance.now()
    try {
      await step.run()
    } catch (error) {
      for (const done of begun) await undo(done, onUndoFault)
      throw isPlatformError(error) ? error : new Error(`${step.name}: ${(error as Error).message}`, { cause: error })
    }
    times.push({ name: step.name, ms: Math.round((performance.now() - startedAt) * 10) / 10 })
  }
  return times
}

async function undo(step: Step, onFault: (name: string, fault: unknown) => void): Promise<void> {
  try {
    await step.undo()
  } catch (fault) {
    onFault(step.name, fault)
  }
}
