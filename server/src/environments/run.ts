import { setTimeout as delay } from 'node:timers/promises'
import { isPlatformError, limits, type StepName } from '@sandyard/protocol'
import type { BuildLogs } from '../builds/logs.ts'
import type { Log } from '../log.ts'
import { failureReason } from '../sandboxes/reason.ts'
import type { EnvironmentRunStore } from '../store/environment-runs.ts'
import type { EnvironmentStore } from '../store/environments.ts'
import { type Blotter, createBlotter, secretsOfRun } from './blot.ts'
import type { EnvironmentRecord, ProjectRecord, StepRecord } from './records.ts'
import { FinalFailure, type Step, type StepOutcome, StepTookTooLong } from './step.ts'

/** Where a run finds its project. */
export interface RunProjects {
  byId(id: string): Promise<ProjectRecord | undefined>
  /** of the git host, opened; null: none */
  token(project: ProjectRecord): string | null
}

/** What runs need. */
export interface RunParts {
  readonly environments: EnvironmentStore
  readonly runs: EnvironmentRunStore
  readonly projects: RunProjects
  /** false: nothing may run of this organization now */
  readonly mayRun: (organizationId: string) => Promise<boolean>
  /** in their order */
  readonly steps: readonly Step[]
  readonly logs: BuildLogs
  /** told of each change, after the store has it */
  readonly changed: (environment: EnvironmentRecord) => void
  /** longest wait for a step to end that was told to, ms */
  readonly graceMs?: number
  readonly clock: () => number
  readonly log: Log
}

/** A step cannot be written any more: something else is wanted. */
const outOfDate = Symbol('out of date')

/**
 * Brings an environment whose run has begun through all its steps, from where a crash has left it. Returns when the run
 * has ended, is out of date, or the platform stops.
 */
export async function runSteps(parts: RunParts, begun: EnvironmentRecord, signal: AbortSignal): Promise<void> {
  const { environments, runs, logs, clock } = parts
  const writer = logs.writer(begun.id)
  let blotter = createBlotter([], writer.write)
  try {
    const project = await parts.projects.byId(begun.projectId)
    if (project === undefined) return await fail(parts, begun, 'Its project is gone')
    if (!(await parts.mayRun(begun.organizationId))) return await fail(parts, begun, 'The organization is suspended')
    const token = parts.projects.token(project)
    blotter = createBlotter(secretsOfRun(token, project.settings.env), writer.write)
    let environment = begun
    const earlier = new Map((await environments.steps([begun.id])).map((step) => [step.name, step]))
    for (const step of parts.steps) {
      const before = earlier.get(step.name)
      if (before?.state === 'done' || before?.state === 'skipped') continue
      // The platform has ended between this and the end of the run.
      if (before?.state === 'failed') throw new FinalFailure(before.reason ?? `Step ${step.name} has failed`)
      const after = await runStep(parts, { step, before, environment, project, token, blotter, signal })
      if (after === outOfDate) return
      environment = after
    }
    blotter.flush()
    writer.write('\nThe preview is ready\n')
    await change(parts, runs.succeed(begun, clock()))
  } catch (error) {
    if (signal.aborted) return
    if (!isExpected(error)) parts.log.error({ error, environmentId: begun.id }, 'a run of a preview environment failed')
    const reason = blotter.clean(reasonOf(error))
    blotter.flush()
    blotter.write(`\nerror: ${reason}\n`)
    await fail(parts, begun, reason)
  } finally {
    blotter.flush()
    writer.close()
    logs.wake(begun.id)
  }
}

interface StepRun {
  readonly step: Step
  /** as it was when the run was taken up */
  readonly before: StepRecord | undefined
  readonly environment: EnvironmentRecord
  readonly project: ProjectRecord
  readonly token: string | null
  readonly blotter: Blotter
  /** ends the run */
  readonly signal: AbortSignal
}

/** Tries a step until it is done. Throws when it has failed for good; that is written. */
async function runStep(parts: RunParts, run: StepRun): Promise<EnvironmentRecord | typeof outOfDate> {
  const { runs, clock } = parts
  const { step, before, environment, blotter, signal } = run
  const { name } = step
  const wasUnderWay = before?.state === 'running'
  let failures = wasUnderWay ? Math.max(0, before.attempts - 1) : 0
  let memory = before?.memory ?? null
  for (let isAgain = wasUnderWay; ; isAgain = false) {
    const now = await runs.beginStep(environment, name, { isAgain, nowMs: clock() })
    if (now === undefined) return outOfDate
    parts.changed(now)
    blotter.write(heading(name, { isAgain, failures }))
    const keep = (kept: string) => {
      memory = kept
    }
    try {
      const outcome = await oneTry(parts, { ...run, environment: now, memory, keep })
      return await end(parts, run, outcome)
    } catch (error) {
      if (signal.aborted) return outOfDate
      failures += 1
      const reason = blotter.clean(reasonOf(error))
      if (isFinal(error) || failures >= limits.stepTries) {
        await runs.endStep(environment, name, { state: 'failed', reason, nowMs: clock() })
        throw error
      }
      if (!isExpected(error)) parts.log.error({ error, environmentId: environment.id, step: name }, 'a try failed')
      const waitMs = (step.retryMs ?? retryMs)(failures)
      blotter.flush()
      blotter.write(`\n[try ${failures} of ${limits.stepTries} failed: ${reason}; the next in ${seconds(waitMs)}]\n`)
      await delay(waitMs, undefined, { signal }).catch(() => {}) // Whoever ends it is seen below.
      if (signal.aborted) return outOfDate
    }
  }
}

/** Writes the end of a step that was done or not needed. */
async function end(
  { runs, environments, clock, changed }: RunParts,
  { step, environment, blotter }: StepRun,
  outcome: StepOutcome,
): Promise<EnvironmentRecord | typeof outOfDate> {
  const reason = outcome.kind === 'skipped' ? outcome.reason : null
  const { findings = {} } = outcome
  if (reason !== null) blotter.write(`[skipped: ${reason}]\n`)
  const after = await runs.endStep(environment, step.name, { state: outcome.kind, reason, findings, nowMs: clock() })
  if (after === 'taken') {
    throw new FinalFailure(`There is a preview of branch ${findings.branch} already; ask for it by that name`)
  }
  if (after === undefined) {
    // It was made for a run that nobody waits for any more.
    if (findings.sandboxId != null) await environments.addLitter(environment.id, findings.sandboxId)
    return outOfDate
  }
  changed(after)
  return after
}

interface Try extends StepRun {
  readonly memory: string | null
  readonly keep: (memory: string) => void
}

async function oneTry(parts: RunParts, run: Try): Promise<StepOutcome> {
  const { runs, clock } = parts
  const { step, environment, project, token, memory, keep, blotter } = run
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(new StepTookTooLong(tooLong(step.mostMs))), step.mostMs)
  const signal = AbortSignal.any([run.signal, deadline.signal])
  let isOver = false
  const ended = Promise.withResolvers<never>()
  ended.promise.catch(() => {}) // Most steps end by themselves, and then nobody waits for it.
  let grace: NodeJS.Timeout | undefined
  const onAbort = () => {
    grace = setTimeout(() => ended.reject(signal.reason), parts.graceMs ?? graceMs)
  }
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  try {
    signal.throwIfAborted()
    const outcome = await Promise.race([
      step.run({
        environment,
        project,
        token,
        memory,
        async remember(text) {
          if (isOver || !(await runs.remember(environment, step.name, text, clock()))) signal.throwIfAborted()
          keep(text)
        },
        tell: (text) => {
          if (!isOver) blotter.write(text)
        },
        clean: blotter.clean,
        signal,
      }),
      ended.promise,
    ])
    return outcome
  } catch (error) {
    // What a step says when it is told to end is about that, whatever it says.
    if (signal.aborted && !(error instanceof FinalFailure)) throw signal.reason
    throw error
  } finally {
    isOver = true
    clearTimeout(timer)
    clearTimeout(grace)
    signal.removeEventListener('abort', onAbort)
  }
}

async function fail(parts: RunParts, environment: EnvironmentRecord, reason: string): Promise<void> {
  await change(parts, parts.runs.fail(environment, reason, parts.clock()))
}

async function change({ changed }: RunParts, writing: Promise<EnvironmentRecord | undefined>): Promise<void> {
  const after = await writing
  if (after !== undefined) changed(after)
}

/** Longest wait for a step to end that was told to, ms. */
const graceMs = 30_000
/** Time before the second and third try, ms, and the part of it that is chance. */
const retries = { firstMs: 1_000, factor: 4, chance: 0.5 }

function retryMs(failures: number): number {
  const plain = retries.firstMs * retries.factor ** (failures - 1)
  return Math.round(plain * (1 - retries.chance / 2 + Math.random() * retries.chance))
}

/** Longest reason that is kept, characters. */
const longestReason = 1000

/** Why something failed, for people. */
function reasonOf(error: unknown): string {
  if (isFinal(error)) return error.message.slice(0, longestReason)
  return failureReason(error)
}

function isFinal(error: unknown): error is FinalFailure | StepTookTooLong {
  return error instanceof FinalFailure || error instanceof StepTookTooLong
}

/** Of a kind that people are told; anything else is a fault of the platform. */
function isExpected(error: unknown): boolean {
  return isFinal(error) || isPlatformError(error)
}

function heading(name: StepName, { isAgain, failures }: { isAgain: boolean; failures: number }): string {
  if (isAgain) return `\n[the platform was restarted; ${name} goes on]\n`
  return failures === 0 ? `\n== ${name}\n` : `\n== ${name}, try ${failures + 1} of ${limits.stepTries}\n`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function tooLong(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  return `It took longer than ${minutes < 1 ? seconds(ms) : `${minutes} min`}`
}
