import { compileName, fitsName, type Piece } from './glob.ts'
import { buildLimits } from './limits.ts'

/** A line of `.dockerignore`. */
interface Rule {
  readonly isException: boolean
  /** one for each part of a path; `**` is any number of them */
  readonly parts: readonly (readonly Piece[] | '**')[]
}

/** Whether a path, relative to the context, is left out of it. */
export type Ignore = (path: string) => boolean

/** Reads a `.dockerignore`. Throws `Error` with its line for a broken one. */
export function parseIgnore(text: string): Ignore {
  const rules = text.split(/\r?\n/).flatMap((line, index) => {
    try {
      return parseRule(line)
    } catch (error) {
      throw new Error(`.dockerignore line ${index + 1}: ${(error as Error).message}`)
    }
  })
  if (rules.length > buildLimits.ignorePatterns) {
    throw new Error(`.dockerignore has more than ${buildLimits.ignorePatterns} patterns`)
  }
  if (rules.length === 0) return () => false
  // What fits a folder fits all in it, and the last rule that fits counts. So the number of that is all to remember.
  const lastOf = new Map<string, number>()
  const findLast = (path: string): number => {
    const slash = path.lastIndexOf('/')
    const above = slash < 0 ? -1 : ofFolder(path.slice(0, slash))
    const names = path.split('/')
    return Math.max(
      above,
      rules.findLastIndex(({ parts }, index) => index > above && fitsPath(parts, names)),
    )
  }
  const ofFolder = (path: string): number => {
    const last = lastOf.get(path) ?? findLast(path)
    lastOf.set(path, last)
    return last
  }
  return (path) => rules[findLast(path)]?.isException === false
}

function parseRule(line: string): Rule[] {
  const trimmed = line.trim()
  if (trimmed === '' || trimmed.startsWith('#')) return []
  const isException = trimmed.startsWith('!')
  const path = (isException ? trimmed.slice(1).trim() : trimmed)
    .split('/')
    .filter((name) => name !== '' && name !== '.')
  if (path.length === 0) return []
  if (path.length > 64) throw new Error('the pattern is too deep')
  return [{ isException, parts: path.map((name) => (name === '**' ? '**' : compileName(name))) }]
}

/** Each part of the pattern is tried once for each part of the path. */
function fitsPath(parts: Rule['parts'], names: readonly string[]): boolean {
  let reached = new Set([0])
  const spread = (set: Set<number>): Set<number> => {
    for (const at of set) if (parts[at] === '**') set.add(at + 1)
    return set
  }
  for (const name of names) {
    const next = new Set<number>()
    for (const at of spread(reached)) {
      const part = parts[at]
      if (part === '**') next.add(at)
      else if (part !== undefined && fitsName(part, name)) next.add(at + 1)
    }
    if (next.size === 0) return false
    reached = next
  }
  return spread(reached).has(parts.length)
}
