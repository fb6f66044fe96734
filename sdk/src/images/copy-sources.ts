import { DaytonaInvalidArgumentError } from '../errors.ts'
import { builtin } from '../runtime.ts'

/** A local file or folder that an image is built with. */
export interface Context {
  readonly sourcePath: string
  /** where it stands in the build's context, without a slash at its beginning */
  readonly archivePath: string
}

/** Lines of a Dockerfile: comments left out, continued lines joined. */
export function logicalLines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replaceAll(/\\[ \t]*\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
}

/**
 * Local files and folders that the `COPY` and `ADD` of a Dockerfile name, below a folder.
 *
 * @param isStrict refuses what leads out of the folder, also by a link
 */
export function copySources(text: string, folder: string, isStrict: boolean): Context[] {
  const fs = builtin('node:fs', 'A Dockerfile with local files')
  const { resolve, relative, isAbsolute, sep } = builtin('node:path', 'A Dockerfile with local files')
  const root = resolve(folder)
  const contexts = new Map<string, Context>()
  for (const pattern of localSources(text)) {
    const found = matches(fs, root, pattern)
    for (const sourcePath of found) {
      const path = relative(root, isStrict ? fs.realpathSync(sourcePath) : sourcePath)
      const isOutside = path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path)
      if (isOutside && isStrict)
        throw new DaytonaInvalidArgumentError(`${pattern} leads out of the folder of the build, ${root}`)
      const archivePath = relative(root, sourcePath).replaceAll(sep, '/')
      contexts.set(sourcePath, { sourcePath, archivePath: isOutside ? sourcePath.replace(/^[/\\]+/, '') : archivePath })
    }
  }
  return [...contexts.values()]
}

/** What the `COPY` and `ADD` of a Dockerfile take from the context of its build, as they name it. */
export function localSources(text: string): string[] {
  return logicalLines(text).flatMap(sourcesOfLine)
}

/** Sources of one `COPY` or `ADD`; none where they are of another stage, or not local. */
function sourcesOfLine(line: string): string[] {
  const [, rest] = /^(?:COPY|ADD)\s+(.*)$/i.exec(line) ?? []
  if (rest === undefined) return []
  const words = rest.trim()
  const flags = /^(?:--\S+\s+)*/.exec(words)?.[0] ?? ''
  if (/--from=/.test(flags)) return []
  const paths = words.slice(flags.length)
  const all: string[] = paths.startsWith('[') ? (JSON.parse(paths) as string[]) : paths.split(/\s+/)
  return all.slice(0, -1).filter((path) => !/^[a-z][a-z0-9+.-]*:\/\/|^git@|^<</i.test(path))
}

type FileSystem = ReturnType<typeof builtin<'node:fs'>>

/** What a pattern names: `*`, `?` and `[…]` stand for parts of one name. */
function matches(fs: FileSystem, root: string, pattern: string): string[] {
  const { join } = builtin('node:path', 'A Dockerfile with local files')
  let found = [root]
  for (const part of pattern.split('/').filter((one) => one !== '' && one !== '.')) {
    found = found.flatMap((folder) => {
      if (!/[*?[]/.test(part)) return [join(folder, part)]
      const names = fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? fs.readdirSync(folder) : []
      const shape = globExpression(part)
      return names.filter((name) => shape.test(name)).map((name) => join(folder, name))
    })
  }
  const there = found.filter((path) => fs.existsSync(path))
  if (there.length === 0)
    throw new DaytonaInvalidArgumentError(`The Dockerfile copies ${pattern}, which is not in ${root}`)
  return there
}

function globExpression(part: string): RegExp {
  const text = part.replaceAll(/\[[^\]]*\]|[\s\S]/g, (one) => {
    if (one === '*') return '.*'
    if (one === '?') return '.'
    if (one.length > 1) return one.replace(/^\[[!^]/, '[^')
    return one.replace(/[.*+?^${}()|[\]\\]/, '\\$&')
  })
  return new RegExp(`^${text}$`)
}
