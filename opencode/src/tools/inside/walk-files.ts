import { compileGlob } from './glob-text.ts'
import { type IgnoreLevel, isIgnored, readIgnoreLevel, readLevelsAbove } from './ignore-rules.ts'

/** Which files of a folder are wanted. Part of programs that run inside. */
export interface WalkOptions {
  /** absolute */
  readonly folder: string
  /** only files that this glob matches; with `!` before it, only others */
  readonly glob: string | undefined
  /** whether files and folders whose names begin with a dot count, unless the glob names them */
  readonly withHidden: boolean
}

/** What a walk has found. */
export interface FoundFiles {
  /** absolute, the last changed first */
  readonly files: readonly string[]
  /** true when there were too many to look at all of them */
  readonly isPartial: boolean
}

/**
 * Finds files as ripgrep does: without those that ignore files leave out, without `.git`, without following links.
 * Part of programs that run inside. Throws an Error for a glob that is not valid.
 */
export function walkFiles({ folder, glob, withHidden }: WalkOptions): FoundFiles {
  const fs = process.getBuiltinModule('node:fs')
  const isExcluding = glob?.startsWith('!') ?? false
  const text = isExcluding ? glob?.slice(1) : glob
  const wanted = text === undefined ? null : compileGlob(text, true)
  if (text !== undefined && wanted === null) throw new Error(`Not a valid glob: ${glob}`)
  // A glob that names files beats the ignore files; one that takes everything does not.
  const beatsIgnore = !isExcluding && text !== undefined && /[^*?/]/.test(text.split('/').at(-1) ?? '')
  const entersHidden = withHidden || (!isExcluding && /(?:^|[/{,])\\?\.[^/.*]/.test(text ?? ''))
  const until = Date.now() + 20_000
  const base = folder.endsWith('/') ? folder : `${folder}/`
  const found: { path: string; time: number }[] = []
  const waiting: { path: string; above: IgnoreLevel | null }[] = [{ path: folder, above: readLevelsAbove(folder) }]
  let seen = 0
  let isPartial = false
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (Date.now() > until || seen > 1_000_000) {
      isPartial = true
      break
    }
    let entries: import('node:fs').Dirent[]
    try {
      entries = fs.readdirSync(next.path, { withFileTypes: true })
    } catch (error) {
      // What is not the folder asked for may have gone, or may not be read.
      if (next.path === folder) throw error
      continue
    }
    const level = readIgnoreLevel(next.path, next.above)
    seen += entries.length
    for (const entry of entries) {
      const path = `${level.base}${entry.name}`
      const isHidden = entry.name.startsWith('.')
      if (entry.name === '.git') continue
      if (entry.isDirectory()) {
        if ((entersHidden || !isHidden) && !isIgnored(path, true, level)) waiting.push({ path, above: level })
        continue
      }
      if (!entry.isFile()) continue
      const isMatch = wanted === null || wanted.test(path.slice(base.length)) !== isExcluding
      if (!isMatch) continue
      if (!beatsIgnore && ((isHidden && !withHidden) || isIgnored(path, false, level))) continue
      try {
        found.push({ path, time: fs.statSync(path).mtimeMs })
      } catch {
        // It has gone.
      }
    }
  }
  found.sort((a, b) => b.time - a.time || (a.path < b.path ? -1 : 1))
  return { files: found.map((one) => one.path), isPartial }
}
