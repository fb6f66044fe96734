import { GitlabMerge, GitlabPush, isBranchName, parsePayload } from '@sandyard/protocol'
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

const actions: Readonly<Record<string, PullEvent['action']>> = {
  open: 'open',
  reopen: 'reopen',
  update: 'edit',
  close: 'close',
  merge: 'close',
}

/** Reads a webhook of GitLab. Throws INVALID_REQUEST_BODY. */
export function readGitlabEvent({ event, value }: Payload): GitEvent {
  switch (event) {
    case 'Merge Request Hook':
      return readMerge(value)
    case 'Push Hook': {
      const push = parsePayload(GitlabPush, value)
      return pushEvent(push, push.project.git_http_url)
    }
    default:
      return { kind: 'ignored', reason: `Nothing is done for ${event.slice(0, 100)}` }
  }
}

function readMerge(value: unknown): GitEvent {
  const { project, object_attributes: merge } = parsePayload(GitlabMerge, value)
  const known = actions[merge.action ?? '']
  if (known === undefined) {
    return { kind: 'ignored', reason: `Nothing is done for ${(merge.action ?? 'this').slice(0, 100)}` }
  }
  // An update that brings commits says where the branch was.
  const before = commitOf(merge.oldrev)
  const action = known === 'edit' && before !== null ? 'push' : known
  if (action !== 'close' && !isBranchName(merge.source_branch)) return noBranch
  return {
    kind: 'pull',
    action,
    number: merge.iid,
    title: titleOf(merge.title),
    url: linkOf(merge.url, project.git_http_url),
    branch: merge.source_branch,
    commit: commitOf(merge.last_commit?.id),
    before,
    headRepository: merge.source?.git_http_url ?? null,
    repository: project.git_http_url,
  }
}
