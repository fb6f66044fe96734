import { setTimeout as sleep } from 'node:timers/promises'
import type { Sandbox, SandboxState } from '@sandyard/sdk'
import { ToolError } from './failure.ts'
import type { ToolContext } from './tool.ts'

const failed: ReadonlySet<SandboxState> = new Set(['error', 'build_failed', 'destroyed'])
const firstPauseMs = 100
const longestPauseMs = 1000

/** States in which an image is fetched or built. */
export const buildStates: ReadonlySet<SandboxState> = new Set([
  'pending_build',
  'building_snapshot',
  'pulling_snapshot',
])

/** What is waited for. */
interface Wait {
  readonly sandbox: Sandbox
  readonly isOver: (state: SandboxState) => boolean
  /** what it does not do, for the error, such as `does not start` */
  readonly failure: string
  /** ms */
  readonly timeoutMs: number
}

/**
 * Looks at a sandbox until it is as wanted, and tells its states as progress. False when that takes too long.
 *
 * @throws ToolError with the reason when it never will be, the reason of the signal when that fires
 */
export async function waitForState(
  { sandbox, isOver, failure, timeoutMs }: Wait,
  { signal, progress }: Pick<ToolContext, 'signal' | 'progress'>,
): Promise<boolean> {
  const startedMs = Date.now()
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.3, longestPauseMs)) {
    if (isOver(sandbox.state)) return true
    if (failed.has(sandbox.state))
      throw new ToolError(
        `Sandbox ${sandbox.id} ${failure}: it is ${sandbox.state}: ${sandbox.errorReason ?? 'no reason is known'}`,
        'What is left of it goes with destroy_sandbox.',
      )
    const seconds = Math.floor((Date.now() - startedMs) / 1000)
    progress(`${sandbox.name} is ${sandbox.state}${seconds === 0 ? '' : `, ${seconds} s`}`)
    if (Date.now() - startedMs >= timeoutMs) return false
    await sleep(pauseMs, undefined, { signal })
    await sandbox.refreshData()
  }
}
