import { randomUUID } from 'node:crypto'
import { limits, PlatformError } from '@sandyard/protocol'
import { createLogs } from '../builds/logs.ts'
import type { Log } from '../log.ts'
import { notFound } from '../not-found.ts'
import { deleteSandbox } from '../sandboxes/delete.ts'
import { createFeed, type Feed, type SandboxChange } from '../sandboxes/feed.ts'
import type { SandboxParts } from '../sandboxes/parts.ts'
import type { EnvironmentRunStore } from '../store/environment-runs.ts'
import type { EnvironmentStore, WantedEnvironment } from '../store/environments.ts'
import type { Guard } from '../store/guard.ts'
import { followLog } from './follow-log.ts'
import type { EnvironmentRecord } from './records.ts'
import type { RunProjects } from './run.ts'
import { createRunner } from './runner.ts'
import type { Step } from './step.ts'
import { createTidy } from './tidy.ts'

/** Preview environments. */
export interface Environments {
  /**
   * Writes that an environment is to be built, and makes it where there is none; the run goes on by itself, after a
   * crash too. The guard is part of the same transaction. Throws BAD_REQUEST when the organization has too many,
   * CONFLICT for a project that is being deleted, and what the guard throws.
   */
  want(wanted: Omit<WantedEnvironment, 'id'>, guard?: Guard): Promise<EnvironmentRecord>
  /** The same for one that is there, in a fresh sandbox: what serves goes on until that serves. Throws CONFLICT. */
  restart(environment: EnvironmentRecord): Promise<EnvironmentRecord>
  /** Notes that it goes, with its sandbox; the work goes on by itself. `false`: it is gone, or goes already. */
  remove(id: string, guard?: Guard): Promise<boolean>
  /** By id, of the organization. Throws NOT_FOUND. */
  find(organizationId: string, id: string): Promise<EnvironmentRecord>
  /** A ready one serves no more: it has failed for this reason, unless something else was written since it was read. */
  degrade(environment: EnvironmentRecord, error: string): Promise<void>
  /** What the last run has told, from its beginning; `isFollowed` until the run that is wanted now ends. */
  log(environment: EnvironmentRecord, isFollowed: boolean): ReadableStream<Uint8Array>
  /** Calls the listener after each change of an environment, with the row as it is then; `null`: it is gone. */
  onChange(listener: (id: string, environment: EnvironmentRecord | null) => void): () => void
  /** Begins what waits, and clears away what is to go; called in each round. */
  round(): Promise<void>
  /** Lets go of what is under way: commands in sandboxes run on, and the next start goes on with them. */
  close(): Promise<void>
}

/** What they need. */
export interface EnvironmentParts {
  readonly environments: EnvironmentStore
  readonly environmentRuns: EnvironmentRunStore
  readonly projects: RunProjects
  /** false: nothing may run of this organization now */
  readonly mayRun: (organizationId: string) => Promise<boolean>
  readonly steps: readonly Step[]
  readonly sandboxParts: SandboxParts
  readonly feed: Feed<SandboxChange>
  /** where logs are kept */
  readonly folder: string
  /** runs under way at a time */
  readonly atOnce: number
  readonly clock: () => number
  readonly log: Log
}

/** What happens to one environment. */
interface EnvironmentChange {
  readonly id: string
  readonly after: EnvironmentRecord | null
}

/** Makes them. Nothing happens by itself before the first round. */
export function createEnvironments(parts: EnvironmentParts): Environments {
  const { environments, environmentRuns: runs, folder, atOnce, clock, log } = parts
  const logs = createLogs({
    folder,
    name: 'preview-logs',
    what: 'preview environment',
    mostBytes: limits.environmentLogBytes,
    log,
  })
  const changes = createFeed<EnvironmentChange>()
  let isOpen = false
  let isClosed = false

  const changed = (environment: EnvironmentRecord) => changes.publish({ id: environment.id, after: environment })
  const tidy = createTidy({
    environments,
    isRunning: (id) => runner.isRunning(id),
    destroy: (sandboxId) => destroy(parts.sandboxParts, sandboxId),
    changed,
    async gone(id) {
      await logs.remove(id)
      changes.publish({ id, after: null })
    },
    clock,
    log,
  })
  const runner = createRunner({
    ...{
      environments,
      runs,
      projects: parts.projects,
      mayRun: parts.mayRun,
      steps: parts.steps,
      logs,
      changed,
      atOnce,
      clock,
      log,
    },
    over: () => tidy.poke(),
  })
  const stopFeed = parts.feed.subscribe(({ after }) => {
    if (isOpen && after.desiredState === 'destroyed') tidy.poke()
  })

  async function begin(): Promise<void> {
    await runner.sweep()
    await runner.begin()
  }

  function poke(): void {
    if (!isOpen || isClosed) return
    tidy.poke()
    begin().catch((error: unknown) => {
      if (!isClosed) log.error({ error }, 'a run could not begin; the next round tries again')
    })
  }

  /** Logs that a crash has left of environments whose rows it came after. */
  async function sweepLogs(): Promise<void> {
    for (const id of await logs.ids()) if ((await environments.byId(id)) === undefined) await logs.remove(id)
  }

  function written(environment: EnvironmentRecord): void {
    runner.supersede(environment)
    changed(environment)
    poke()
  }

  return {
    async want(wanted, guard) {
      const row = await environments.want(
        { ...wanted, id: randomUUID() },
        { most: limits.environmentCount, nowMs: clock(), ...(guard === undefined ? {} : { guard }) },
      )
      if (row === 'full') {
        const message = `An organization can have at most ${limits.environmentCount} preview environments`
        throw new PlatformError('BAD_REQUEST', message)
      }
      written(row)
      return row
    },
    async restart({ id }) {
      const row = await environments.refresh(id, clock())
      if (row === undefined) throw new PlatformError('CONFLICT', `Preview ${id} is being deleted`)
      written(row)
      return row
    },
    async remove(id, guard) {
      const row = await environments.leave(id, clock(), guard)
      if (row === undefined) return false
      written(row)
      return true
    },
    async find(organizationId, id) {
      const row = await environments.byId(id, organizationId)
      if (row === undefined) throw notFound('Preview', id)
      return row
    },
    async degrade(environment, error) {
      const after = await runs.degrade(environment, error, clock())
      if (after !== undefined) changed(after)
    },
    log: (environment, isFollowed) =>
      isFollowed
        ? followLog({ environments, logs }, environment)
        : logs.read(environment.id, environment.organizationId),
    onChange: (listener) => changes.subscribe(({ id, after }) => listener(id, after)),
    async round() {
      if (!isOpen) await sweepLogs()
      isOpen = true
      await tidy.round()
      await begin()
    },
    async close() {
      isClosed = true
      stopFeed()
      logs.close()
      await runner.close()
      await tidy.close()
    },
  }
}

/** Begins to destroy a sandbox, or goes on; `true` when nothing is left of it. Throws CONFLICT while it is busy. */
async function destroy(parts: SandboxParts, sandboxId: string): Promise<boolean> {
  const sandbox = await parts.sandboxes.byId(sandboxId)
  if (sandbox === undefined || sandbox.state === 'destroyed') return true
  if (sandbox.desiredState === 'destroyed') return false
  return (await deleteSandbox(parts, sandbox)).state === 'destroyed'
}
