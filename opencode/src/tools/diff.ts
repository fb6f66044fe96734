/** How many lines of what did not change are shown around a change. */
const contextLines = 4
/** Longest search for the shortest diff, in lines that were added or removed. */
const mostEdits = 2000
/** Longest comparison of lines: others of this process wait for it. */
const mostComparisons = 20_000_000

/** A run of lines that is in one text or in both. */
interface Run {
  readonly kind: 'same' | 'removed' | 'added'
  readonly lines: readonly string[]
}

/** A diff as OpenCode's screens draw it. */
export interface Diff {
  /** unified, with the head that OpenCode writes */
  readonly patch: string
  /** lines */
  readonly additions: number
  readonly deletions: number
}

/** Compares two texts line by line. @param path what both are called in the patch */
export function diffTexts(path: string, before: string, after: string): Diff {
  const runs = compareLines(toLines(before), toLines(after))
  const count = (kind: Run['kind']): number =>
    runs.reduce((sum, run) => sum + (run.kind === kind ? run.lines.length : 0), 0)
  const head = [`Index: ${path}`, '='.repeat(67), `--- ${path}`, `+++ ${path}`]
  const patch = withoutIndent([...head, ...toHunks(runs)].join('\n'))
  return { patch: `${patch}\n`, additions: count('added'), deletions: count('removed') }
}

/** Lines with their line breaks, so that a last one without is another line. */
function toLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

function compareLines(before: readonly string[], after: readonly string[]): Run[] {
  let head = 0
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1
  let tail = 0
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  )
    tail += 1
  const middle = compareMiddle(before.slice(head, before.length - tail), after.slice(head, after.length - tail))
  const runs: Run[] = [
    { kind: 'same', lines: before.slice(0, head) },
    ...middle,
    { kind: 'same', lines: before.slice(before.length - tail) },
  ]
  return runs.filter((run) => run.lines.length > 0)
}

/**
 * The shortest diff, by the greedy algorithm of Myers: for each number of edits, how far each diagonal gets. Where two
 * texts have too little in common, all of the one is replaced by all of the other.
 */
function compareMiddle(before: readonly string[], after: readonly string[]): Run[] {
  const all: Run[] = [
    { kind: 'removed', lines: before },
    { kind: 'added', lines: after },
  ]
  if (before.length === 0 || after.length === 0) return all
  const steps: Int32Array[] = []
  const most = Math.min(before.length + after.length, mostEdits)
  const reach = new Int32Array(2 * most + 3)
  const at = (diagonal: number): number => reach[diagonal + most + 1] ?? 0
  let comparisons = 0
  for (let edits = 0; edits <= most && comparisons < mostComparisons; edits += 1) {
    steps.push(reach.slice(most + 1 - edits - 1, most + 1 + edits + 2))
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const isDown = diagonal === -edits || (diagonal !== edits && at(diagonal - 1) < at(diagonal + 1))
      let x = isDown ? at(diagonal + 1) : at(diagonal - 1) + 1
      let y = x - diagonal
      while (x < before.length && y < after.length && before[x] === after[y]) {
        x += 1
        y += 1
        comparisons += 1
      }
      reach[diagonal + most + 1] = x
      if (x >= before.length && y >= after.length) return walkBack(steps, before, after)
    }
  }
  return all
}

function walkBack(steps: readonly Int32Array[], before: readonly string[], after: readonly string[]): Run[] {
  const runs: Run[] = []
  let x = before.length
  let y = after.length
  for (let edits = steps.length - 1; edits >= 0; edits -= 1) {
    const reach = steps[edits]
    // Each step keeps the diagonals from -edits - 1 to edits + 1.
    const at = (diagonal: number): number => reach?.[diagonal + edits + 1] ?? 0
    const diagonal = x - y
    const isDown = diagonal === -edits || (diagonal !== edits && at(diagonal - 1) < at(diagonal + 1))
    const fromX = edits === 0 ? 0 : at(isDown ? diagonal + 1 : diagonal - 1)
    const fromY = edits === 0 ? 0 : fromX - (isDown ? diagonal + 1 : diagonal - 1)
    const startX = edits === 0 ? 0 : isDown ? fromX : fromX + 1
    runs.push({ kind: 'same', lines: before.slice(startX, x) })
    if (edits > 0)
      runs.push(
        isDown
          ? { kind: 'added', lines: after.slice(fromY, fromY + 1) }
          : { kind: 'removed', lines: before.slice(fromX, fromX + 1) },
      )
    x = fromX
    y = fromY
  }
  return removedFirst(runs.reverse().filter((run) => run.lines.length > 0))
}

/** Between lines that stayed, what was removed comes before what was added. */
function removedFirst(runs: readonly Run[]): Run[] {
  const ordered: Run[] = []
  let removed: string[] = []
  let added: string[] = []
  const flush = (): void => {
    if (removed.length > 0) ordered.push({ kind: 'removed', lines: removed })
    if (added.length > 0) ordered.push({ kind: 'added', lines: added })
    removed = []
    added = []
  }
  for (const run of runs) {
    if (run.kind === 'removed') removed.push(...run.lines)
    else if (run.kind === 'added') added.push(...run.lines)
    else {
      flush()
      ordered.push(run)
    }
  }
  flush()
  return ordered
}

interface Hunk {
  readonly oldStart: number
  readonly newStart: number
  oldCount: number
  newCount: number
  readonly lines: string[]
}

const marks = { same: ' ', removed: '-', added: '+' } as const

function toHunks(runs: readonly Run[]): string[] {
  const hunks: Hunk[] = []
  let oldLine = 1
  let newLine = 1
  let hunk: Hunk | null = null
  const put = (kind: Run['kind'], lines: readonly string[]): void => {
    for (const line of lines) {
      hunk?.lines.push(marks[kind] + line.replace(/\n$/, ''))
      if (!line.endsWith('\n')) hunk?.lines.push('\\ No newline at end of file')
    }
    if (hunk === null) return
    if (kind !== 'added') hunk.oldCount += lines.length
    if (kind !== 'removed') hunk.newCount += lines.length
  }
  for (const [index, { kind, lines }] of runs.entries()) {
    if (kind === 'same') {
      const isLast = index === runs.length - 1
      if (hunk !== null && (isLast || lines.length > 2 * contextLines)) {
        put('same', lines.slice(0, contextLines))
        hunk = null
      } else if (hunk !== null) put('same', lines)
      oldLine += lines.length
      newLine += lines.length
      continue
    }
    if (hunk === null) {
      const context = index === 0 ? [] : (runs[index - 1]?.lines.slice(-contextLines) ?? [])
      hunk = {
        oldStart: oldLine - context.length,
        newStart: newLine - context.length,
        oldCount: 0,
        newCount: 0,
        lines: [],
      }
      hunks.push(hunk)
      put('same', context)
    }
    put(kind, lines)
    if (kind === 'removed') oldLine += lines.length
    else newLine += lines.length
  }
  return hunks.flatMap(({ oldStart, oldCount, newStart, newCount, lines }) => [
    // An empty side is counted from the line before it.
    `@@ -${oldCount === 0 ? oldStart - 1 : oldStart},${oldCount} +${newCount === 0 ? newStart - 1 : newStart},${newCount} @@`,
    ...lines,
  ])
}

/** Takes off the indent that all lines of the hunks share, so that the screens show more of them. */
function withoutIndent(patch: string): string {
  const isContent = (line: string): boolean => /^[ +-]/.test(line) && !/^(?:---|\+\+\+)/.test(line)
  const lines = patch.split('\n')
  const indents = lines
    .filter((line) => isContent(line) && line.slice(1).trim() !== '')
    .map((line) => /^\s*/.exec(line.slice(1))?.[0].length ?? 0)
  const shared = indents.reduce((least, indent) => Math.min(least, indent), Number.POSITIVE_INFINITY)
  if (shared === 0 || shared === Number.POSITIVE_INFINITY) return patch
  return lines.map((line) => (isContent(line) ? `${line[0]}${line.slice(1 + shared)}` : line)).join('\n')
}
