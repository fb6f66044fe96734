import type { Objects } from '../../objects/objects.ts'
import type { SandboxParts } from '../../sandboxes/parts.ts'

/** What the steps work with. */
export interface StepParts extends SandboxParts {
  /** notes that a sandbox is in use: while something is built in it, it is not idle */
  touch(sandboxId: string): void
  /** where build contexts are kept */
  readonly contexts: Pick<Objects, 'put'>
}

/** Label of the sandboxes of preview environments; its value is the id of the environment. */
export const environmentLabel = 'sandyard.dev/preview'

/** The session in which an application serves. */
export const servingSession = 'preview'

/** Between two words that a sandbox is in use, ms: shorter than the shortest time after which an idle one stops. */
const touchMs = 15_000

/** Does the work while the sandbox counts as in use, however long it takes. */
export async function whileInUse<T>(
  { touch }: Pick<StepParts, 'touch'>,
  sandboxId: string,
  work: () => Promise<T>,
): Promise<T> {
  touch(sandboxId)
  const timer = setInterval(() => touch(sandboxId), touchMs)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}
