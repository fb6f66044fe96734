import { compileGlob } from './glob-text.ts'

/** One line of an ignore file. */
interface IgnoreRule {
  readonly expression: RegExp
  readonly isNegated: boolean
  readonly isForFolders: boolean
}

/** What the ignore files of one folder say, and those above it. Part of programs that run inside. */
export interface IgnoreLevel {
  /** absolute, with a slash at its end */
  readonly base: string
  /** of .ignore and .rgignore, the last one counts */
  readonly own: readonly IgnoreRule[]
  /** of .git/info/exclude and .gitignore */
  readonly git: readonly IgnoreRule[]
  /** the top of a repository: rules of git above it do not count */
  readonly isTop: boolean
  readonly isInRepository: boolean
  readonly above: IgnoreLevel | null
}

/** Reads the ignore files of a folder. Those of git count inside repositories only, as with ripgrep. */
export function readIgnoreLevel(folder: string, above: IgnoreLevel | null): IgnoreLevel {
  const fs = process.getBuiltinModule('node:fs')
  const base = folder.endsWith('/') ? folder : `${folder}/`
  const isTop = fs.existsSync(`${base}.git`)
  const isInRepository = isTop || (above?.isInRepository ?? false)
  return {
    base,
    own: [...readIgnoreFile(`${base}.ignore`), ...readIgnoreFile(`${base}.rgignore`)],
    git: isInRepository
      ? [...(isTop ? readIgnoreFile(`${base}.git/info/exclude`) : []), ...readIgnoreFile(`${base}.gitignore`)]
      : [],
    isTop,
    isInRepository,
    above,
  }
}

/** The levels of all folders above one, from the top of its repository on; null where there is none. */
export function readLevelsAbove(folder: string): IgnoreLevel | null {
  const fs = process.getBuiltinModule('node:fs')
  const names = folder.split('/').filter((name) => name !== '')
  const folders = names.map((_, index) => `/${names.slice(0, index).join('/')}`)
  const top = folders.findLastIndex((one) => fs.existsSync(`${one}/.git`))
  if (top < 0) return null
  let level: IgnoreLevel | null = null
  for (const one of folders.slice(top)) level = readIgnoreLevel(one, level)
  return level
}

/** True when the ignore files leave out this file or folder. */
export function isIgnored(path: string, isFolder: boolean, level: IgnoreLevel): boolean {
  for (const kind of ['own', 'git'] as const) {
    for (let at: IgnoreLevel | null = level; at !== null; at = at.above) {
      const rules = at[kind]
      const relative = path.slice(at.base.length)
      const rule = rules.findLast((one) => (isFolder || !one.isForFolders) && one.expression.test(relative))
      if (rule !== undefined) return !rule.isNegated
      if (kind === 'git' && at.isTop) break
    }
  }
  return false
}

/** The rules of one file, none where it cannot be read. */
export function readIgnoreFile(path: string): IgnoreRule[] {
  const fs = process.getBuiltinModule('node:fs')
  let text: string
  try {
    const stats = fs.statSync(path)
    // Nobody writes one of this size; a pipe of this name would keep us for ever.
    if (!stats.isFile() || stats.size > 1024 * 1024) return []
    text = fs.readFileSync(path, 'utf8')
  } catch {
    return []
  }
  const rules: IgnoreRule[] = []
  for (const line of text.replace(/^\ufeff/, '').split(/\r?\n/)) {
    // Blanks at the end do not count, unless the last is quoted.
    const trimmed = line.replace(/(?<!\\) +$/, '')
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const isNegated = trimmed.startsWith('!')
    const glob = isNegated ? trimmed.slice(1) : trimmed
    const expression = compileGlob(glob, false)
    if (expression !== null) rules.push({ expression, isNegated, isForFolders: glob.endsWith('/') })
  }
  return rules
}
