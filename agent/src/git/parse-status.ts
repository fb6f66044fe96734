import type { gitRoutes, RouteOutput } from '@sandyard/protocol'

/** State of a work tree on the wire (toolbox.md 1.3). */
export type Status = RouteOutput<(typeof gitRoutes)['gitStatus']>
type FileStatus = Status['fileStatus'][number]
type Change = FileStatus['staging']

/** What `git status` says. */
export interface ParsedStatus {
  /** null when HEAD is detached; the name of a branch without commits too */
  readonly branch: string | null
  readonly upstream: string | undefined
  /** undefined when there is no upstream, or it is gone */
  readonly distance: { readonly ahead: number; readonly behind: number } | undefined
  readonly files: FileStatus[]
}

const changes: Readonly<Record<string, Change>> = {
  '.': 'Unmodified',
  M: 'Modified',
  // a file that became a link, or the other way round
  T: 'Modified',
  A: 'Added',
  D: 'Deleted',
  R: 'Renamed',
  C: 'Copied',
  U: 'Updated but unmerged',
}

/** Reads `git status --porcelain=v2 --branch -z`. */
export function parseStatus(output: string): ParsedStatus {
  const headers = new Map<string, string>()
  const files: FileStatus[] = []
  const records = output.split('\0').values()
  for (const record of records) {
    if (record.startsWith('# ')) {
      const [name = '', ...rest] = record.slice(2).split(' ')
      headers.set(name, rest.join(' '))
    } else if (record !== '') {
      // A rename has its old name in a record of its own.
      const extra = record.startsWith('2 ') ? (records.next().value ?? '') : ''
      files.push(parseFile(record, extra))
    }
  }
  const head = headers.get('branch.head') ?? '(detached)'
  const counts = /^\+(\d+) -(\d+)$/.exec(headers.get('branch.ab') ?? '')
  return {
    branch: head === '(detached)' ? null : head,
    upstream: headers.get('branch.upstream'),
    distance: counts === null ? undefined : { ahead: Number(counts[1]), behind: Number(counts[2]) },
    files,
  }
}

/** Fields before the name: `1 XY sub mH mI mW hH hI`, a rename one more, an unmerged file two more. */
const fieldCounts: Readonly<Record<string, number>> = { '1': 8, '2': 9, u: 10 }

function parseFile(record: string, extra: string): FileStatus {
  const kind = record.charAt(0)
  if (kind === '?') return { name: record.slice(2), extra, staging: 'Untracked', worktree: 'Untracked' }
  const count = fieldCounts[kind]
  if (count === undefined) throw new Error(`git status has a line of unknown kind: ${record.slice(0, 100)}`)
  const name = record.split(' ').slice(count).join(' ')
  if (kind === 'u') return { name, extra, staging: 'Updated but unmerged', worktree: 'Updated but unmerged' }
  return { name, extra, staging: readChange(record.charAt(2)), worktree: readChange(record.charAt(3)) }
}

function readChange(letter: string): Change {
  return changes[letter] ?? 'Modified'
}
