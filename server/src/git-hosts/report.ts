import type { Reporting } from '@sandyard/protocol'
import type { EnvironmentRecord, ProjectRecord } from '../environments/records.ts'
import { servingOf } from '../environments/serving.ts'
import { previewUrl, type Site } from '../previews/site.ts'
import { digest } from '../random.ts'
import type { ReportRecord } from '../store/git-reports.ts'
import { commentLines, commentText, markerOf, type Told } from './comment.ts'
import type { CommitState, CommitStatus, Reporter } from './reporter.ts'

/** Where previews are seen. */
export interface ReportSite {
  readonly home: Site
  readonly previewDomains: readonly string[]
}

/** What is to be told of an environment, or of one that is gone. */
export interface Report {
  readonly pull: number | null
  /** null: no comment */
  readonly lines: readonly string[] | null
  readonly status: CommitStatus | null
}

/** What is to be told of an environment now. */
export function reportOf(environment: EnvironmentRecord, project: ProjectRecord, site: ReportSite): Report {
  const { id, status, error, plan, pullNumber } = environment
  const commit = commitOf(environment)
  const url = servingOf(environment) === null ? null : previewUrl(site.home, site.previewDomains, id, null)
  const told: Told = {
    ...{ status, commit, url, error, branch: environment.branch },
    framework: plan?.framework ?? null,
    isPublic: project.settings.public ?? project.token === null,
  }
  const state = stateOf(environment)
  return {
    pull: pullNumber,
    lines: tellsComment(project.reporting) && pullNumber !== null ? commentLines(told) : null,
    status:
      tellsStatus(project.reporting) && commit !== null && state !== null
        ? { commit, state, description: descriptions[state], url }
        : null,
  }
}

/** What is left to be told of one that is gone: that its comment is out of date. */
export function lastReport({ pullNumber, branch, commentId }: ReportRecord): Report {
  const gone = {
    status: 'removed',
    branch,
    commit: null,
    url: null,
    framework: null,
    error: null,
    isPublic: true,
  } as const
  return { pull: pullNumber, lines: commentId === null ? null : commentLines(gone), status: null }
}

/** Tells what has changed since it was told last; writes each part down as soon as it is told. */
export async function tell(
  reporter: Reporter,
  report: Report,
  known: ReportRecord,
  { save, nowMs }: { readonly save: (report: ReportRecord) => Promise<void>; readonly nowMs: number },
): Promise<ReportRecord> {
  let after =
    known.pullNumber === report.pull ? known : { ...known, pullNumber: report.pull, commentId: null, toldComment: null }
  const { pull, lines, status } = report
  if (status !== null && after.toldStatus !== statusKey(status)) {
    await reporter.setStatus(status)
    after = { ...after, toldStatus: statusKey(status) }
    await save(after)
  }
  if (lines !== null && pull !== null && after.toldComment !== commentKey(lines)) {
    const commentId = await write(reporter, pull, { lines, known: after, nowMs })
    after = { ...after, commentId, toldComment: commentKey(lines) }
    await save(after)
  }
  return after
}

/** True when there is something that was not told yet. */
export function hasNews(report: Report, known: ReportRecord): boolean {
  const { lines, status } = report
  return (
    (status !== null && known.toldStatus !== statusKey(status)) ||
    (lines !== null && (known.toldComment !== commentKey(lines) || known.pullNumber !== report.pull))
  )
}

/** What is written of a report that has been told. */
export function asTold({ pull, lines, status }: Report): Partial<ReportRecord> {
  return {
    pullNumber: pull,
    ...(lines === null ? {} : { toldComment: commentKey(lines) }),
    ...(status === null ? {} : { toldStatus: statusKey(status) }),
  }
}

/** Of an environment of which nothing was told. */
export function newReport({ id, projectId, branch, pullNumber }: EnvironmentRecord): ReportRecord {
  const nothing = { commentId: null, toldComment: null, toldStatus: null, attempts: 0, nextAtMs: 0 }
  return { environmentId: id, projectId, branch, pullNumber, ...nothing }
}

/** There is one comment, which changes; its id can be lost in a crash, and somebody can delete it. */
async function write(
  reporter: Reporter,
  pull: number,
  { lines, known, nowMs }: { readonly lines: readonly string[]; readonly known: ReportRecord; readonly nowMs: number },
): Promise<string> {
  const marker = markerOf(known.projectId, pull)
  const text = commentText(lines, marker, nowMs)
  if (known.commentId !== null && (await reporter.editComment(pull, known.commentId, text))) return known.commentId
  const found = await reporter.findComment(pull, marker)
  if (found !== null && found !== known.commentId && (await reporter.editComment(pull, found, text))) return found
  return reporter.addComment(pull, text)
}

const descriptions: Readonly<Record<CommitState, string>> = {
  pending: 'The preview is being built',
  success: 'The preview is ready',
  failure: 'The preview has failed',
}

function stateOf({ status }: EnvironmentRecord): CommitState | null {
  if (status === 'deleting') return null
  return status === 'ready' ? 'success' : status === 'failed' ? 'failure' : 'pending'
}

/** That it is about; null while that is not known yet. What has failed may not have come to the commit that was wanted. */
function commitOf({ status, wantedCommit, commit }: EnvironmentRecord): string | null {
  if (status === 'ready' || status === 'deleting') return commit
  return status === 'failed' ? (wantedCommit ?? commit) : wantedCommit
}

const tellsComment = (reporting: Reporting) => reporting === 'comment' || reporting === 'both'
const tellsStatus = (reporting: Reporting) => reporting === 'status' || reporting === 'both'

const commentKey = (lines: readonly string[]) => digest(lines.join('\n'))
const statusKey = ({ commit, state, url }: CommitStatus) => digest(`${commit} ${state} ${url ?? ''}`)
