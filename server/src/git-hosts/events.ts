import { type GitHost, isBranchName } from '@sandyard/protocol'

/** What a webhook says has happened, whichever git host it comes from. */
export type GitEvent =
  | { readonly kind: 'ping' }
  /** nothing that previews care for; the reason is for people */
  | { readonly kind: 'ignored'; readonly reason: string }
  | PullEvent
  | PushEvent

/** A pull request; `edit`: its title or text, or it is no draft any more. */
export interface PullEvent {
  readonly kind: 'pull'
  readonly action: 'open' | 'reopen' | 'push' | 'edit' | 'close'
  readonly number: number
  readonly title: string | null
  readonly url: string | null
  readonly branch: string
  /** that the branch is at; null: the host has not said it */
  readonly commit: string | null
  /** that it was at before; null likewise */
  readonly before: string | null
  /** URL of the repository that the branch is of; null: it is gone */
  readonly headRepository: string | null
  /** URL of the repository that it is for */
  readonly repository: string
}

/** A branch has moved. */
export interface PushEvent {
  readonly kind: 'push'
  readonly branch: string
  /** null: the branch is deleted */
  readonly commit: string | null
  /** null: the branch is new */
  readonly before: string | null
  readonly repository: string
}

/** Hosts that send webhooks. */
export type HookHost = Exclude<GitHost, 'other'>

/** One webhook, its signature checked. */
export interface Payload {
  /** as the header of the host says it */
  readonly event: string
  readonly value: unknown
}

const branchPrefix = 'refs/heads/'

/** What a push says: of tags nothing. */
export function pushEvent(push: { ref: string; before: string; after: string }, repository: string): GitEvent {
  if (!push.ref.startsWith(branchPrefix)) return { kind: 'ignored', reason: 'Only branches have previews' }
  const branch = push.ref.slice(branchPrefix.length)
  if (!isBranchName(branch)) return noBranch
  return { kind: 'push', branch, commit: commitOf(push.after), before: commitOf(push.before), repository }
}

/** What is answered for a name that cannot be built. */
export const noBranch: GitEvent = {
  kind: 'ignored',
  reason: 'The name of the branch is none that previews are made of',
}

/** A commit; null where the host has all zeros for none. */
export function commitOf(commit: string | null | undefined): string | null {
  if (commit === null || commit === undefined || !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) return null
  return /^0+$/.test(commit) ? null : commit
}

/** A title as it can be shown in one line. */
export function titleOf(text: string | null | undefined): string | null {
  const line = (text ?? '').replace(/[\p{Cc}\p{Cf}\p{Z}]+/gu, ' ').trim()
  return line === '' ? null : [...line].slice(0, 250).join('')
}

/** A link to the git host; null for one that leads elsewhere. */
export function linkOf(text: string | null | undefined, repository: string): string | null {
  if (typeof text !== 'string' || text.length > 2048 || !URL.canParse(text) || !URL.canParse(repository)) return null
  const url = new URL(text)
  return url.origin === new URL(repository).origin ? url.href : null
}
