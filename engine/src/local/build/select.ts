import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import type { BuildContext, ContextEntry } from './build-context.ts'
import { compileName, fitsName, isPattern } from './glob.ts'
import { refuse } from './refuse.ts'
import type { CopyStep } from './step.ts'

/** An entry of the context that is to be copied. */
export interface Selected {
  /** below the destination; `''` is the destination itself, or a file in it */
  readonly path: string
  /** name of a file that is copied into a folder, for one whose path is `''` */
  readonly name: string
  readonly entry: ContextEntry
}

const mostLinks = 40

/** Finds what a COPY or ADD names. Throws BAD_REQUEST for what is not there. */
export function selectFiles(context: BuildContext, step: CopyStep): Selected[] {
  const selected: Selected[] = []
  const missing = (source: string): never =>
    refuse(
      step.line,
      `${step.keyword} failed: file not found in build context or excluded by .dockerignore: stat ${source}: file does not exist`,
    )
  let count = 0
  for (const source of step.sources) {
    const paths = isPattern(source) && !context.entries.has(source) ? findFitting(context, source, step.line) : [source]
    count += paths.length
    look(context, step.line, 1)
    for (const path of paths) {
      const real = resolvePath(context, path) ?? missing(source)
      const entry = context.entries.get(real)
      if (entry === undefined || entry.type === 'folder') {
        for (const found of walk(context, real)) {
          look(context, step.line, 1)
          selected.push({ path: real === '' ? found.path : found.path.slice(real.length + 1), name: '', entry: found })
        }
      } else selected.push({ path: '', name: posix.basename(path), entry })
    }
  }
  if (step.sources.length > 0 && count === 0) {
    refuse(step.line, `${step.keyword} failed: no source files were specified: nothing fits ${step.sources.join(' ')}`)
  }
  if (count > 1 && !step.isFolder) {
    refuse(
      step.line,
      `When using ${step.keyword} with more than one source file, the destination must be a directory and end with a /`,
    )
  }
  return selected
}

/** A digest of what is copied: equal for equal content, whenever it was made. */
export function digestOf(selected: readonly Selected[]): string {
  const hash = createHash('sha256')
  for (const { path, name, entry } of selected) {
    const { type, mode, content } = entry
    hash.update(`${JSON.stringify([path, name, type, type === 'symlink' ? 0 : mode, content])}\n`)
  }
  return hash.digest('hex')
}

/** Path of what is meant, after all links on the way and at its end; `null` when there is nothing. */
export function resolvePath({ entries, folders }: BuildContext, path: string): string | null {
  let links = 0
  const todo = path.split('/').filter((name) => name !== '')
  let current = ''
  while (todo.length > 0) {
    const name = todo.shift() ?? ''
    if (name === '.') continue
    if (name === '..') {
      current = parentOf(current)
      continue
    }
    const next = current === '' ? name : `${current}/${name}`
    const entry = entries.get(next)
    if (entry?.type === 'symlink') {
      if (++links > mostLinks) return null
      if (entry.content.startsWith('/')) current = ''
      todo.unshift(...entry.content.split('/').filter((part) => part !== ''))
    } else if (entry !== undefined || folders.has(next)) current = next
    else return null
  }
  return current
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '' : path.slice(0, slash)
}

/** A short text must not make much work. */
function look({ budget }: BuildContext, line: number, names: number): void {
  budget.left -= names
  if (budget.left < 0) refuse(line, 'too many files are copied too often')
}

/** All below a folder, each folder before what is in it. */
function* walk(context: BuildContext, root: string): Generator<ContextEntry> {
  const todo = [root]
  for (let folder = todo.pop(); folder !== undefined; folder = todo.pop()) {
    for (const name of [...(context.folders.get(folder) ?? [])].sort()) {
      const path = folder === '' ? name : `${folder}/${name}`
      const entry = context.entries.get(path)
      if (entry === undefined) continue
      yield entry
      if (entry.type === 'folder') todo.push(path)
    }
  }
}

/** Paths that fit a pattern, in their order. A pattern does not reach through links. */
function findFitting(context: BuildContext, pattern: string, line: number): string[] {
  let reached = ['']
  for (const part of pattern.split('/')) {
    const pieces = compile(part, line)
    reached = reached.flatMap((folder) => {
      const names = [...(context.folders.get(folder) ?? [])]
      look(context, line, names.length)
      return names.filter((name) => fitsName(pieces, name)).map((name) => (folder === '' ? name : `${folder}/${name}`))
    })
  }
  return reached.filter((path) => resolvePath(context, path) !== null).sort()
}

function compile(part: string, line: number): ReturnType<typeof compileName> {
  try {
    return compileName(part)
  } catch (error) {
    refuse(line, `syntax error in pattern ${part.slice(0, 200)}: ${(error as Error).message}`)
  }
}
