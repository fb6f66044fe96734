import { isPlatformError } from '@sandyard/protocol'
import { agentOf } from '../../agent-calls/agent.ts'
import { createSandbox } from '../../sandboxes/create.ts'
import { type CreateBody, planSandbox, type SandboxPlan } from '../../sandboxes/plan.ts'
import { planSecrets } from '../../secrets/plan.ts'
import { snapshotFor } from '../../snapshots/find.ts'
import type { SandboxRecord } from '../../store/sandbox-record.ts'
import type { ProjectRecord } from '../records.ts'
import { FinalFailure, type Step, type StepOutcome, type StepWork } from '../step.ts'
import { cacheMount } from './cache.ts'
import { endOthers } from './command.ts'
import { environmentLabel, type StepParts } from './parts.ts'
import { sandboxOf, untilStarted, workName } from './place.ts'

/** Minutes without a request until a preview rests. */
export const usualStopMinutes = 60
/** The same for a sandbox that only builds; it goes with its stop. */
const workStopMinutes = 15

/** Builds of the usual frameworks take more than the one GiB that sandboxes have by themselves. */
export const usualMemoryGib = 2

/** States of a sandbox that cannot be brought to serve any more. */
const broken: ReadonlySet<string> = new Set(['error', 'build_failed'])

/**
 * Makes the sandbox, or starts the one that is there. What a Dockerfile makes serves in a sandbox of its own image: there
 * the work is done in another one, which goes when it is done.
 */
export function sandboxStep(parts: StepParts): Step {
  return { name: 'sandbox', mostMs: 10 * 60_000, run: (work) => run(parts, work) }
}

async function run(parts: StepParts, work: StepWork): Promise<StepOutcome> {
  const { environment, project, signal, tell } = work
  const present = await sandboxOf(parts, environment)
  const isImage = environment.plan?.framework === 'dockerfile' && present !== undefined
  if (present !== undefined && !isImage && !broken.has(present.state)) {
    const started = await untilStarted(parts, present, signal)
    await applySettings(parts, started, work)
    await endOthers(agentOf(parts.engine, started.id), work)
    tell(`Using sandbox ${started.id}\n`)
    return { kind: 'done' }
  }
  const name = workName(environment)
  const made =
    (await parts.sandboxes.byIdOrName(environment.organizationId, name)) ??
    (await createSandbox(parts, environment.organizationId, await planWork(parts, work, { name, isImage })))
  const findings = isImage ? {} : { sandboxId: made.id }
  // Who ends the run is told of it, or nobody would know that it is there.
  if (signal.aborted) return { kind: 'done', findings }
  const started = await untilStarted(parts, made, signal)
  tell(
    `Made sandbox ${started.id} with ${started.cpu === 1 ? '1 core' : `${started.cpu} cores`} and ${started.memoryGib} GiB of memory\n`,
  )
  if (project.settings.snapshot !== undefined) tell(`It is of the snapshot ${project.settings.snapshot}\n`)
  return { kind: 'done', findings }
}

/** Whoever has the URL sees it; what takes a token to read is not for everybody. */
export function isOpen({ settings, token }: ProjectRecord): boolean {
  return settings.public ?? token === null
}

async function planWork(
  parts: StepParts,
  { environment, project, tell }: StepWork,
  { name, isImage }: { readonly name: string; readonly isImage: boolean },
): Promise<SandboxPlan> {
  const { organizationId, headRepository } = environment
  const isFork = headRepository !== ''
  // What a fork fetches stays on the disk of its sandbox, which is bounded and goes with it.
  const cache = isFork ? null : await cacheMount(parts, project)
  if (cache === null && !isFork) tell('There is no volume for what package managers fetch: it is fetched anew\n')
  const idle = isImage
    ? { autoStopInterval: workStopMinutes, autoDeleteInterval: 0 }
    : { autoStopInterval: project.settings.autoStopInterval ?? usualStopMinutes, autoWake: true }
  return planFor(parts, organizationId, {
    work: { environment, project },
    snapshot: project.settings.snapshot,
    volumes: cache === null ? [] : [cache],
    secrets: isImage ? [] : secretsOf(project, isFork),
    body: { name, ...idle, ...(isImage ? {} : { public: isOpen(project) }) },
  })
}

/** Secrets are in variables of their own names; code of strangers gets none. */
export function secretsOf({ settings }: ProjectRecord, isFork: boolean): Readonly<Record<string, string>>[] {
  return isFork ? [] : (settings.secrets ?? []).map((name) => ({ [name]: name }))
}

/** What a sandbox of an environment is planned from. */
export interface Wished {
  readonly work: Pick<StepWork, 'environment' | 'project'>
  readonly snapshot: string | undefined
  readonly volumes: SandboxPlan['volumes']
  readonly secrets: Readonly<Record<string, string>>[]
  readonly body: CreateBody
}

/** Plans a sandbox. Throws FinalFailure for settings of the project that cannot be. */
export async function planFor(parts: StepParts, organizationId: string, wished: Wished): Promise<SandboxPlan> {
  const { environment, project } = wished.work
  const { cpu, memory, disk } = project.settings
  try {
    const env = wished.body.env ?? {}
    const secrets = await planSecrets(parts.secrets, { organizationId, env }, wished.secrets)
    const snapshot = await snapshotFor(parts, organizationId, wished.snapshot)
    const body: CreateBody = {
      ...wished.body,
      labels: { [environmentLabel]: environment.id },
      ...(cpu === undefined ? {} : { cpu }),
      memory: memory ?? Math.max(snapshot.memoryGib, Math.min(usualMemoryGib, parts.config.capacity.memoryGib)),
      ...(disk === undefined ? {} : { disk }),
    }
    return planSandbox(parts.config, snapshot, body, { volumes: [...wished.volumes], secrets })
  } catch (thrown) {
    throw isPlatformError(thrown) ? new FinalFailure(thrown.message, { cause: thrown }) : thrown
  }
}

/** Brings what can be changed of a sandbox that is there to what the project says now. */
async function applySettings(parts: StepParts, sandbox: SandboxRecord, { project, tell }: StepWork): Promise<void> {
  const { settings } = project
  const isPublic = isOpen(project)
  const autoStopMinutes = settings.autoStopInterval ?? usualStopMinutes
  if (sandbox.isPublic !== isPublic || sandbox.autoStopMinutes !== autoStopMinutes) {
    await parts.changes.update(sandbox, { isPublic, autoStopMinutes })
  }
  const isOther =
    (settings.cpu ?? sandbox.cpu) !== sandbox.cpu ||
    (settings.memory ?? sandbox.memoryGib) !== sandbox.memoryGib ||
    (settings.disk ?? sandbox.diskGib) !== sandbox.diskGib ||
    (settings.snapshot ?? sandbox.snapshot) !== sandbox.snapshot
  if (isOther) tell('Other resources, or another snapshot, come with a fresh sandbox: restart the preview for that\n')
}
