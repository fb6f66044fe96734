import { isPlatformError } from '@sandyard/protocol'
import { deleteSandbox } from '../../sandboxes/delete.ts'
import type { SandboxRecord } from '../../store/sandbox-record.ts'
import { FinalFailure, PlatformStops, type StepWork } from '../step.ts'
import type { StepParts } from './parts.ts'
import { servingName, untilStarted, workName, workSandbox } from './place.ts'

/** The sandbox that serves what this run has made: the one of the image, or the one in which it was made. */
export async function servedSandbox(parts: StepParts, work: StepWork): Promise<SandboxRecord> {
  const { environment, signal } = work
  const image = await parts.sandboxes.byIdOrName(environment.organizationId, servingName(environment))
  return image === undefined ? workSandbox(parts, work) : untilStarted(parts, image, signal)
}

/** Deletes the sandboxes that a run has made beside the one that the environment has. */
export async function discardMade(parts: StepParts, { environment }: Pick<StepWork, 'environment'>): Promise<void> {
  for (const name of [servingName(environment), workName(environment)]) {
    const made = await parts.sandboxes.byIdOrName(environment.organizationId, name)
    if (made === undefined || made.id === environment.sandboxId) continue
    await deleteSandbox(parts, made).catch((error: unknown) => {
      // One that is busy goes when nobody uses it.
      if (!isPlatformError(error)) throw error
      parts.log.info({ error, sandboxId: made.id }, 'the sandbox of a preview that has failed is deleted later')
    })
  }
}

/** Does the work of a step; what the run has made goes when the run ends with it. */
export async function orDiscard<T>(parts: StepParts, stepWork: StepWork, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    const { signal } = stepWork
    const isEnded = signal.aborted && !(signal.reason instanceof PlatformStops)
    if (thrown instanceof FinalFailure || isEnded) await discardMade(parts, stepWork)
    throw thrown
  }
}
