import { GithubDelete, GithubPull, GithubPush, isBranchName, parsePayload } from '@sandyard/protocol'
import {
  commitOf,
  type GitEvent,
  linkOf,
  noBranch,
  type Payload,
  type PullEvent,
  pushEvent,
  titleOf,
} from './events.ts'

/** GitHub's word, then Gitea's and Forgejo's, where they differ. */
const actions: Readonly<Record<string, PullEvent['action']>> = {
  opened: 'open',
  reopened: 'reopen',
  synchronize: 'push',
  synchronized: 'push',
  edited: 'edit',
  ready_for_review: 'edit',
  converted_to_draft: 'edit',
  closed: 'close',
}

/** Reads a webhook of GitHub, or of Gitea, Forgejo and Gogs. Throws INVALID_REQUEST_BODY. */
export function readGithubEvent({ event, value }: Payload): GitEvent {
  switch (event) {
    case 'ping':
      return { kind: 'ping' }
    // Gitea's second name comes with commits that a pull request has got.
    case 'pull_request':
    case 'pull_request_sync':
      return readPull(value)
    case 'push': {
      const push = parsePayload(GithubPush, value)
      return pushEvent(push, push.repository.clone_url)
    }
    case 'delete': {
      const { ref, ref_type: type, repository } = parsePayload(GithubDelete, value)
      if (type !== 'branch') return { kind: 'ignored', reason: 'Only branches have previews' }
      if (!isBranchName(ref)) return noBranch
      return { kind: 'push', branch: ref, commit: null, before: null, repository: repository.clone_url }
    }
    default:
      return { kind: 'ignored', reason: `Nothing is done for ${event.slice(0, 100)}` }
  }
}

function readPull(value: unknown): GitEvent {
  const { action: word, number, before, pull_request: pull, repository } = parsePayload(GithubPull, value)
  const action = actions[word]
  if (action === undefined) return { kind: 'ignored', reason: `Nothing is done for ${word.slice(0, 100)}` }
  const branch = pull.head?.ref ?? pull.head_branch ?? ''
  // Of a branch that is gone the host may say anything here; what is closed is found by its number.
  if (action !== 'close' && !isBranchName(branch)) return noBranch
  return {
    kind: 'pull',
    action,
    number,
    title: titleOf(pull.title),
    url: linkOf(pull.html_url, repository.clone_url),
    branch,
    commit: commitOf(pull.head?.sha),
    before: commitOf(before),
    headRepository: (pull.head?.repo ?? pull.head_repo)?.clone_url ?? null,
    repository: repository.clone_url,
  }
}
