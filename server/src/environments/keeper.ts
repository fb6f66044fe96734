import { setTimeout as pause } from 'node:timers/promises'
import { isPlatformError } from '@sandyard/protocol'
import { type Agent, agentOf } from '../agent-calls/agent.ts'
import type { Log } from '../log.ts'
import type { Feed, SandboxChange } from '../sandboxes/feed.ts'
import type { SandboxParts } from '../sandboxes/parts.ts'
import type { EnvironmentStore } from '../store/environments.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import { createBlotter, secretsOfRun } from './blot.ts'
import type { Environments } from './environments.ts'
import type { EnvironmentRecord, ProjectRecord } from './records.ts'
import { commandsOf, endSession, readTail } from './steps/command.ts'
import { environmentLabel, servingSession } from './steps/parts.ts'
import { probe } from './steps/probe.ts'
import { beginServing } from './steps/serve.ts'
import { failureText } from './steps/shell-steps.ts'

/** Sees to it that what is ready serves: also when its sandbox was started again, and when its server has crashed. */
export interface Keeper {
  /** True while what serves on this port of a sandbox is being started. */
  isComing(sandboxId: string, port: number): boolean
  /** Looks at some of the ready environments; called in each round, which need not wait for it. */
  round(): Promise<void>
  close(): Promise<void>
}

/** What it needs. */
interface Parts {
  readonly environments: Pick<EnvironmentStore, 'bySandbox' | 'serving'>
  readonly projects: { byId(id: string): Promise<ProjectRecord | undefined> }
  /** A ready one serves no more. */
  readonly degrade: Environments['degrade']
  readonly sandboxParts: Pick<SandboxParts, 'engine' | 'sandboxes'>
  readonly feed: Feed<SandboxChange>
  readonly log: Log
}

/** Visitors of a sandbox that was started wait so long for its application, ms. */
const comingMs = 60_000
/** A server that has served for so long before it ended is not one that crashes at its start, ms. */
const steadyMs = 10 * 60_000
/** So often a server that crashes is started again. */
const mostRestarts = 3
/** So many environments are looked at in one round, and so many at a time. */
const look = { most: 60, atOnce: 4 }
/** An agent that does not say what runs within this time is left to a later round, ms. */
const lookMs = 5_000
/** Nor do others wait for longer than this for one sandbox, whose agent may answer late each time, ms. */
const mostWaitMs = 10_000
/** Between two looks at a port, ms. */
const probeMs = { first: 50, most: 1000 }

/** A sandbox whose application is being started. */
interface Coming {
  readonly untilMs: number
  /** null: it is not known yet */
  port: number | null
}

/** Starts of one server after it has ended by itself. */
interface Crashes {
  readonly count: number
  readonly lastMs: number
}

/** Makes it. */
export function createKeeper({ environments, projects, degrade, sandboxParts, feed, log }: Parts): Keeper {
  const { engine, sandboxes } = sandboxParts
  const coming = new Map<string, Coming>()
  const crashes = new Map<string, Crashes>()
  const tending = new Map<string, Promise<void>>()
  const closing = new AbortController()
  let at = ''
  let sweeping: Promise<void> | undefined

  /** Looks at one sandbox; those who ask at the same time share one look. */
  function tend(sandboxId: string): Promise<void> {
    const current = tending.get(sandboxId)
    if (current !== undefined) return current
    const work = keep(sandboxId)
      .catch((error: unknown) => {
        if (closing.signal.aborted) return
        const level = isPlatformError(error) ? 'info' : 'error'
        log[level]({ error, sandboxId }, 'a preview could not be seen to; a later round tries again')
      })
      .finally(() => tending.delete(sandboxId))
    tending.set(sandboxId, work)
    return work
  }

  /** Begins what is to serve, unless it does. */
  async function keep(sandboxId: string): Promise<void> {
    const environment = await environments.bySandbox(sandboxId)
    const sandbox = await sandboxes.byId(sandboxId)
    if (environment?.status !== 'ready' || environment.plan === null || sandbox?.state !== 'started') {
      coming.delete(sandboxId)
      return
    }
    const mark = coming.get(sandboxId)
    if (mark !== undefined) mark.port = environment.plan.port
    // The program of an image is started with its sandbox.
    if (environment.plan.start !== null) await keepServing(environment, sandbox)
    if (mark !== undefined) void untilListens(sandboxId, environment.plan.port, environment.plan.readyPath)
  }

  async function keepServing(environment: EnvironmentRecord, sandbox: SandboxRecord): Promise<void> {
    const agent = agentOf(engine, sandbox.id)
    const last = (await commandsOf(agent, servingSession, { signal: closing.signal, deadlineMs: lookMs }))?.at(-1)
    if (last !== undefined && last.exitCode === undefined) return
    const project = await projects.byId(environment.projectId)
    if (project === undefined) return
    if (last !== undefined) {
      const known = crashes.get(sandbox.id)
      const isSteady = known !== undefined && performance.now() - known.lastMs > steadyMs
      const count = known === undefined || isSteady ? 1 : known.count + 1
      crashes.set(sandbox.id, { count, lastMs: performance.now() })
      if (count > mostRestarts) {
        await giveUp(agent, { environment, sandbox, commandId: last.id, exitCode: last.exitCode ?? 0 })
        return
      }
      await endSession(agent, servingSession)
    }
    await begin(agent, environment, project)
    log.info({ sandboxId: sandbox.id, environmentId: environment.id }, 'what serves a preview was started again')
  }

  async function begin(agent: Agent, { plan }: EnvironmentRecord, project: ProjectRecord): Promise<void> {
    if (plan === null || plan.start === null) return
    await beginServing(agent, { command: plan.start, plan, settings: project.settings })
  }

  async function giveUp(
    agent: Agent,
    crashed: { environment: EnvironmentRecord; sandbox: SandboxRecord; commandId: string; exitCode: number },
  ): Promise<void> {
    const { environment, sandbox, commandId, exitCode } = crashed
    const project = await projects.byId(environment.projectId)
    // Nothing is passed on: what a server says when it crashes is shown to many, like the log of a run.
    const { clean } = createBlotter(secretsOfRun(null, project?.settings.env), () => {})
    const log = { sessionId: servingSession, commandId, size: 0 }
    const tail = await readTail(agent, log, { signal: closing.signal, clean })
    const why = failureText(environment.plan?.start ?? '', { exitCode, tail }, sandbox.memoryGib)
    crashes.delete(sandbox.id)
    await degrade(environment, `It has crashed ${mostRestarts + 1} times: ${why}`.slice(0, 1000))
  }

  /** Lets visitors wait until the application answers, or they have waited long enough. */
  async function untilListens(sandboxId: string, port: number, path: string): Promise<void> {
    const mark = coming.get(sandboxId)
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(comingMs)])
    try {
      for (let waitMs = probeMs.first; coming.get(sandboxId) === mark; waitMs = Math.min(waitMs * 1.5, probeMs.most)) {
        const answer = await probe(engine, sandboxId, { port, path, signal })
        if (answer.kind === 'answers') break
        await pause(waitMs, undefined, { signal })
      }
    } catch {
      // They have waited long enough, or the platform ends.
    } finally {
      if (coming.get(sandboxId) === mark) coming.delete(sandboxId)
    }
  }

  const stopFeed = feed.subscribe(({ before, after }) => {
    if (after.state !== 'started') {
      coming.delete(after.id)
      if (after.state === 'destroyed') crashes.delete(after.id)
      return
    }
    const isStart = before !== null && before.state !== 'started' && after.labels[environmentLabel] !== undefined
    if (!isStart) return
    // At once, before anybody is let in; what it is, is looked up then.
    if (before.state !== 'creating') coming.set(after.id, { untilMs: performance.now() + comingMs, port: null })
    void tend(after.id)
  })

  return {
    isComing(sandboxId, port) {
      const mark = coming.get(sandboxId)
      return mark !== undefined && mark.untilMs > performance.now() && (mark.port === null || mark.port === port)
    },
    round() {
      // Sandboxes of strangers may let it wait, and the round has more to do.
      sweeping ??= sweep().finally(() => {
        sweeping = undefined
      })
      return sweeping
    },
    async close() {
      stopFeed()
      closing.abort()
      await Promise.allSettled([sweeping, ...tending.values()])
    },
  }

  async function sweep(): Promise<void> {
    try {
      const found = await environments.serving(at, look.most)
      at = found.length < look.most ? '' : (found.at(-1)?.id ?? '')
      const ids = found.flatMap(({ sandboxId }) => (sandboxId === null ? [] : [sandboxId]))
      const next = ids.values()
      const workers = Array.from({ length: look.atOnce }, async () => {
        for (const id of next) if (!closing.signal.aborted) await atMost(tend(id), mostWaitMs)
      })
      await Promise.all(workers)
    } catch (error) {
      if (!closing.signal.aborted) log.error({ error }, 'previews could not be seen to; a later round tries again')
    }
  }
}

/** Waits until the work is done, or this time is over; the work goes on then. */
async function atMost(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, late])
  clearTimeout(timer)
}
