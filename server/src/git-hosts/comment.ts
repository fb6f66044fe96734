import type { EnvironmentStatus } from '@sandyard/protocol'
import { digest } from '../random.ts'

/** What people are told of a preview. */
export interface Told {
  readonly status: EnvironmentStatus | 'removed'
  readonly branch: string
  readonly commit: string | null
  readonly url: string | null
  readonly framework: string | null
  readonly error: string | null
  readonly isPublic: boolean
}

const headings: Readonly<Record<Told['status'], string>> = {
  queued: 'Preview is being built',
  building: 'Preview is being built',
  ready: 'Preview is ready',
  failed: 'Preview has failed',
  deleting: 'Preview was removed',
  removed: 'Preview was removed',
}

/** Stands in the comment, unseen, so that it is found again. Nobody who does not know the project can make it up. */
export function markerOf(projectId: string, pull: number): string {
  return `<!-- sandyard-preview ${digest(`${projectId} ${pull}`).slice(0, 32)} -->`
}

/** The comment but for its marker and its time: as long as this stays, there is nothing new to tell. */
export function commentLines(told: Told): string[] {
  const { status, url, branch, commit, framework, error } = told
  const isGone = status === 'deleting' || status === 'removed'
  return [
    `**${headings[status]}**${url === null || isGone ? '' : `: ${url}`}`,
    '',
    ...(error === null || isGone ? [] : [`- Why: ${code(error)}`]),
    `- Branch: ${code(branch)}`,
    ...(commit === null ? [] : [`- Commit: ${code(commit.slice(0, 12))}`]),
    ...(framework === null || isGone ? [] : [`- Framework: ${code(framework)}`]),
    ...(told.isPublic || url === null || isGone ? [] : ['- Only members of the organization can see it.']),
  ]
}

/** The comment in Markdown. */
export function commentText(lines: readonly string[], marker: string, nowMs: number): string {
  const time = new Date(nowMs).toISOString().slice(0, 16).replace('T', ' ')
  return [marker, ...lines, `- Time: ${time} UTC`].join('\n')
}

/**
 * Text as code: what a repository or a branch says becomes no link, picture or mention there, and no command of the host,
 * which are lines of their own.
 */
function code(text: string): string {
  const line = text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replaceAll('`', "'")
    .trim()
  return `\`${[...line].slice(0, 300).join('') || ' '}\``
}
