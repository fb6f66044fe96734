import type { Step } from '../step.ts'
import { cloneStep } from './clone.ts'
import { detectStep } from './detect.ts'
import type { StepParts } from './parts.ts'
import { readyStep } from './ready.ts'
import { sandboxStep } from './sandbox.ts'
import { buildStep, installStep, prepareStep } from './shell-steps.ts'
import { startStep } from './start.ts'

/** The steps of a run, in their order. */
export function createSteps(parts: StepParts): readonly Step[] {
  return [
    sandboxStep(parts),
    cloneStep(parts),
    detectStep(parts),
    prepareStep(parts),
    installStep(parts),
    buildStep(parts),
    startStep(parts),
    readyStep(parts),
  ]
}
