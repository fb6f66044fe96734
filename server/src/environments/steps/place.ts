import { setTimeout as pause } from 'node:timers/promises'
import { infoRoutes, PlatformError, restingStates } from '@sandyard/protocol'
import type { Agent } from '../../agent-calls/agent.ts'
import { startSandbox } from '../../sandboxes/start.ts'
import type { SandboxRecord } from '../../store/sandbox-record.ts'
import type { EnvironmentRecord } from '../records.ts'
import { FinalFailure, type StepWork } from '../step.ts'
import type { StepParts } from './parts.ts'

/** Between two looks at a sandbox that is on its way, ms. */
const lookMs = 200
/** Longest path of the folder that commands start in, characters. */
const pathLength = 1024

/** Name of the sandbox in which a run works, when it does not work in the one that serves. */
export function workName({ id, run }: Pick<EnvironmentRecord, 'id' | 'run'>): string {
  return `preview-${id}-${run}`
}

/** Name of the sandbox that serves what was built of a Dockerfile in a run. */
export function servingName(environment: Pick<EnvironmentRecord, 'id' | 'run'>): string {
  return `${workName(environment)}-image`
}

/** The sandbox in which the steps of this run work, started. Throws FinalFailure when it is gone. */
export async function workSandbox(parts: StepParts, { environment, signal }: StepWork): Promise<SandboxRecord> {
  const own = await parts.sandboxes.byIdOrName(environment.organizationId, workName(environment))
  const found = own ?? (await sandboxOf(parts, environment))
  if (found === undefined) throw new FinalFailure('Its sandbox was deleted while it was being built')
  return untilStarted(parts, found, signal)
}

/** The sandbox that an environment has, unless it is on its way out. */
export async function sandboxOf(parts: StepParts, environment: EnvironmentRecord): Promise<SandboxRecord | undefined> {
  const { sandboxId } = environment
  const found = sandboxId === null ? undefined : await parts.sandboxes.byId(sandboxId)
  return found === undefined || found.desiredState === 'destroyed' ? undefined : found
}

const failedStates: ReadonlySet<string> = new Set(['error', 'build_failed', 'destroying', 'destroyed'])

/** Starts a sandbox that rests, and waits for it. Throws SERVICE_UNAVAILABLE with its own reason when it does not. */
export async function untilStarted(
  parts: StepParts,
  found: SandboxRecord,
  signal: AbortSignal,
): Promise<SandboxRecord> {
  let sandbox: SandboxRecord | undefined = found
  while (sandbox !== undefined && sandbox.state !== 'started') {
    signal.throwIfAborted()
    const { state, errorReason } = sandbox
    if (failedStates.has(state)) {
      throw new PlatformError('SERVICE_UNAVAILABLE', `Its sandbox is ${state}: ${errorReason ?? 'nobody knows why'}`)
    }
    if (restingStates.has(state)) await startSandbox(parts, sandbox)
    else await pause(lookMs, undefined, { signal })
    sandbox = await parts.sandboxes.byId(found.id)
  }
  if (sandbox === undefined) throw new FinalFailure('Its sandbox was deleted')
  return sandbox
}

/** Folder of the repository in a sandbox. */
export async function repositoryFolder(agent: Agent): Promise<string> {
  const { dir } = await agent.call(infoRoutes.getWorkDir)
  if (!/^\/\P{Cc}*$/u.test(dir) || dir.length > pathLength) {
    throw new PlatformError('BAD_GATEWAY', 'The agent of the sandbox told no usable work dir')
  }
  return `${dir.replace(/\/+$/, '')}/project`
}

/** Folder of the application: the repository's, or one in it. Throws FinalFailure for one outside. */
export function applicationFolder(repository: string, rootDirectory: string | undefined): string {
  const names = (rootDirectory ?? '').split('/').filter((name) => name !== '' && name !== '.')
  if (names.includes('..')) throw new FinalFailure('rootDirectory must lie in the repository')
  return [repository, ...names].join('/')
}
