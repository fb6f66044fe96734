import type { Step, StepOutcome, StepWork } from '../step.ts'
import { planOf } from './detect.ts'
import type { StepParts } from './parts.ts'
import { serveAnew } from './serve.ts'
import { servedSandbox } from './served.ts'

/** Begins what serves, in place of what served before. */
export function startStep(parts: StepParts): Step {
  return { name: 'start', mostMs: 5 * 60_000, run: (work) => run(parts, work) }
}

async function run(parts: StepParts, work: StepWork): Promise<StepOutcome> {
  const plan = planOf(work.environment)
  const { start } = plan
  if (start === null) return { kind: 'skipped', reason: 'The program of the image serves' }
  const sandbox = await servedSandbox(parts, work)
  parts.touch(sandbox.id)
  await serveAnew(parts, { sandbox, command: start, plan, settings: work.project.settings }, work)
  return { kind: 'done' }
}
