import type { Environments } from '../environments/environments.ts'
import type { ProjectRecord } from '../environments/records.ts'
import type { Log } from '../log.ts'
import { createWindows } from '../rate-limits/windows.ts'
import type { EnvironmentStore } from '../store/environments.ts'
import type { GitReportStore, ReportRecord } from '../store/git-reports.ts'
import type { ProjectStore } from '../store/projects.ts'
import { createLanes } from './lanes.ts'
import { asTold, hasNews, lastReport, newReport, type Report, type ReportSite, reportOf, tell } from './report.ts'
import { afterFailure } from './report-failure.ts'
import { createReporter } from './reporter.ts'
import type { SendToGitHost } from './request.ts'

/** Environments that are looked at in one round. */
const most = { perRound: 200 }
/** Projects at a time: in all, and of one organization. */
const projectsAtOnce = { atOnce: 16, ofOrganization: 4 }
/** Previews of one project that are told of in a minute: git hosts bound what one token writes. */
const mostOfProject = { limit: 20, seconds: 60 }
/** Tries to tell of one that is gone; of a project that goes, too, fewer: nobody can make it anew meanwhile. */
const mostLastTries = { usually: 8, ofLeaving: 2 }

/** Tells git hosts how the previews of pull requests are. */
export interface Reports {
  /** Begins to tell what is not told yet, and does not wait for it; called in each round. */
  round(): void
  /** Everything of the project is looked at again: it has another token, say. */
  refresh(projectId: string): Promise<void>
  /** True when nothing is left to be told of the project's environments, which are gone. */
  isTold(projectId: string): Promise<boolean>
  /** Resolves when nothing is under way. */
  settled(): Promise<void>
  close(): Promise<void>
}

/** What it needs. */
interface Parts {
  readonly projects: ProjectStore
  readonly environmentStore: Pick<EnvironmentStore, 'byId' | 'ofProject'>
  readonly environments: Pick<Environments, 'onChange'>
  readonly gitReports: GitReportStore
  readonly send: SendToGitHost
  readonly site: ReportSite
  /** of the git host, opened */
  token(project: ProjectRecord): string | null
  readonly version: string
  readonly clock: () => number
  readonly log: Log
}

/**
 * Makes it. What is to be told comes from the rows as they are, against what was told: a crash loses nothing of it, and
 * what changes often is told as it is in the end.
 */
export function createReports(parts: Parts): Reports {
  const { projects, environmentStore, gitReports, clock, log } = parts
  /** of which something may be new */
  const changed = new Set<string>()
  /** projects whose git host does not answer, or wants us to wait */
  const pausedUntil = new Map<string, number>()
  /** what was not looked at since the start comes after this id; null: all was */
  let lookedAtTo: string | null = ''
  const told = createWindows(clock)
  const lanes = createLanes(projectsAtOnce, tellAll)
  let working: Promise<void> | undefined
  let isClosed = false

  const stop = parts.environments.onChange((id) => void changed.add(id))

  async function collect(): Promise<Set<string>> {
    const ids = new Set<string>()
    for (const id of changed) {
      if (ids.size >= most.perRound) break
      changed.delete(id)
      ids.add(id)
    }
    if (lookedAtTo !== null) {
      const page: string[] = await gitReports.reported(lookedAtTo, most.perRound)
      for (const id of page) ids.add(id)
      lookedAtTo = page.length < most.perRound ? null : (page.at(-1) ?? null)
    }
    for (const id of await gitReports.due(clock(), most.perRound)) ids.add(id)
    return ids
  }

  /** What is known of an environment, by its project. */
  async function sort(ids: ReadonlySet<string>): Promise<Map<string, string[]>> {
    const lanes = new Map<string, string[]>()
    for (const id of ids) {
      const projectId = (await environmentStore.byId(id))?.projectId ?? (await gitReports.byEnvironment(id))?.projectId
      if (projectId !== undefined) lanes.set(projectId, [...(lanes.get(projectId) ?? []), id])
    }
    return lanes
  }

  async function work(): Promise<void> {
    for (const [projectId, ids] of await sort(await collect())) {
      const project = await projects.byId(projectId)
      if (project !== undefined) lanes.add(projectId, project.organizationId, ids)
    }
  }

  async function tellAll(projectId: string, ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const isPaused = (pausedUntil.get(projectId) ?? 0) > clock()
      try {
        if (isPaused || isClosed) changed.add(id)
        else await tellOne(projectId, id)
      } catch (error) {
        changed.add(id)
        log.error({ error, environmentId: id }, 'a preview could not be reported; the next round tries again')
      }
    }
  }

  async function tellOne(projectId: string, id: string): Promise<void> {
    const project = await projects.byId(projectId)
    const environment = await environmentStore.byId(id)
    const before = await gitReports.byEnvironment(id)
    const known = before ?? (environment === undefined ? undefined : newReport(environment))
    if (project === undefined || known === undefined) return
    const report = environment === undefined ? lastReport(known) : reportOf(environment, project, parts.site)
    const isSilent = project.reporting === 'none' || project.token === null || project.reportError !== null
    if (!isSilent && hasNews(report, known)) {
      if (told.count(projectId, mostOfProject).isOver) return void changed.add(id)
      if (!(await attempt(project, report, known))) return
    }
    // Nothing is left to be told of what is gone.
    if (environment === undefined) await gitReports.remove(id)
    else if (before !== undefined && before.attempts > 0 && isSilent) await gitReports.save({ ...before, attempts: 0 })
  }

  /** `false`: it is tried again. */
  async function attempt(project: ProjectRecord, report: Report, known: ReportRecord): Promise<boolean> {
    const token = parts.token(project)
    const reporter = token === null ? null : createReporter(parts.send, project, { token, version: parts.version })
    if (reporter === null) return true
    let written = known
    const save = async (one: ReportRecord) => {
      written = one
      await gitReports.save(one)
    }
    try {
      const told = await tell(reporter, report, known, { save, nowMs: clock() })
      if (told.attempts > 0) await gitReports.save({ ...told, attempts: 0, nextAtMs: 0 })
      pausedUntil.delete(project.id)
      return true
    } catch (error) {
      const failure = await afterFailure(error, reporter, { attempts: written.attempts, nowMs: clock() })
      const { environmentId } = known
      log.warn({ environmentId, reason: failure.reason, kind: failure.kind }, 'a git host was not told of a preview')
      if (failure.kind === 'hopeless') {
        await projects.noteReportError(project, failure.reason)
        return true
      }
      if (failure.kind === 'skip') {
        // As if it had been told: the next change is told again.
        await gitReports.save({ ...written, ...asTold(report), attempts: 0, nextAtMs: 0 })
        return true
      }
      const attempts = written.attempts + 1
      if (failure.isHosts) pausedUntil.set(project.id, failure.untilMs)
      await gitReports.save({ ...written, attempts, nextAtMs: failure.untilMs })
      return attempts >= (project.isLeaving ? mostLastTries.ofLeaving : mostLastTries.usually)
    }
  }

  return {
    round() {
      if (working !== undefined || isClosed) return
      working = work()
        .catch((error: unknown) => log.error({ error }, 'previews could not be reported; the next round tries again'))
        .finally(() => {
          working = undefined
        })
    },
    async refresh(projectId) {
      pausedUntil.delete(projectId)
      for (const { id } of await environmentStore.ofProject(projectId)) changed.add(id)
    },
    isTold: async (projectId) => !(await gitReports.hasAny(projectId, mostLastTries.ofLeaving)),
    async settled() {
      while (working !== undefined) await working
      await lanes.settled()
    },
    async close() {
      isClosed = true
      stop()
      await working
      await lanes.close()
    },
  }
}
