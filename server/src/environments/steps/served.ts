import type { SandboxRecord } from '../../store/sandbox-record.ts'
import type { StepWork } from '../step.ts'
import type { StepParts } from './parts.ts'
import { servingName, untilStarted, workSandbox } from './place.ts'

/** The sandbox that serves what this run has made: the one of the image, or the one in which it was made. */
export async function servedSandbox(parts: StepParts, work: StepWork): Promise<SandboxRecord> {
  const { environment, signal } = work
  const image = await parts.sandboxes.byIdOrName(environment.organizationId, servingName(environment))
  return image === undefined ? workSandbox(parts, work) : untilStarted(parts, image, signal)
}
