import { walkFiles } from './walk-files.ts'

/** What to look for. Part of programs that run inside. */
export interface SearchOptions {
  /** absolute; a folder, or one file */
  readonly path: string
  /** as the model wrote it */
  readonly pattern: string
  /** which files, as a glob */
  readonly include?: string
  /** lines to find */
  readonly most: number
  /** longest line that is answered, characters */
  readonly longestLine: number
}

/** Lines that were found, the files that were changed last first. */
export interface FoundLines {
  readonly matches: readonly { readonly path: string; readonly line: number; readonly text: string }[]
  /** true when there are more lines than were asked for */
  readonly hasMore: boolean
  /** true when not all files were looked at */
  readonly isPartial: boolean
}

/** Searches files for lines that match; binary ones are left out. Throws an Error for a pattern that is not valid. */
export function searchFiles({ path, pattern, include, most, longestLine }: SearchOptions): FoundLines {
  const fs = process.getBuiltinModule('node:fs')
  const expression = compilePattern(pattern)
  const stats = fs.statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) throw new Error(`No such file or folder: ${path}`)
  if (!stats.isFile() && !stats.isDirectory()) throw new Error(`Neither a file nor a folder: ${path}`)
  const found = stats.isFile()
    ? { files: [path], isPartial: false }
    : walkFiles({ folder: path, withHidden: true, glob: include })
  const until = Date.now() + 20_000
  const matches: { path: string; line: number; text: string }[] = []
  let { isPartial } = found
  for (const file of found.files) {
    if (Date.now() > until) {
      isPartial = true
      break
    }
    try {
      for (const match of searchFile(file, expression, most + 1 - matches.length)) {
        const text = match.text.length <= longestLine ? match.text : `${match.text.slice(0, longestLine)}...`
        matches.push({ path: file, line: match.line, text })
      }
    } catch {
      // It may not be read, or has gone.
    }
    if (matches.length > most) break
  }
  return { matches: matches.slice(0, most), hasMore: matches.length > most, isPartial }
}

/** Lines of one file that match; none of a binary one. */
export function searchFile(path: string, expression: RegExp, most: number): { line: number; text: string }[] {
  const fs = process.getBuiltinModule('node:fs')
  const { StringDecoder } = process.getBuiltinModule('node:string_decoder')
  const matches: { line: number; text: string }[] = []
  // A pipe that took the file's place must not keep us waiting.
  const file = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
  try {
    const stats = fs.fstatSync(file)
    if (!stats.isFile()) return []
    const decoder = new StringDecoder('utf8')
    // Most files are small, and there may be many.
    const buffer = Buffer.allocUnsafe(Math.min(Math.max(stats.size + 1, 4096), 1024 * 1024))
    let rest = ''
    let line = 0
    while (matches.length < most) {
      const size = fs.readSync(file, buffer, 0, buffer.length, null)
      const piece = buffer.subarray(0, size)
      if (piece.includes(0)) return []
      const text = rest + (size === 0 ? decoder.end() : decoder.write(piece))
      const lines = text.split('\n')
      rest = size === 0 ? '' : (lines.pop() ?? '')
      if (size === 0 && lines.at(-1) === '') lines.pop()
      // Beyond this it is no text that anybody wrote; the memory is the sandbox's own.
      if (rest.length > 32 * 1024 * 1024) return matches
      for (const raw of lines) {
        line += 1
        const one = raw.endsWith('\r') ? raw.slice(0, -1) : raw
        if (expression.test(one) && matches.push({ line, text: one }) === most) break
      }
      if (size === 0) break
    }
    return matches
  } finally {
    fs.closeSync(file)
  }
}

/** A regular expression in the form that ripgrep takes, as JavaScript has it. */
export function compilePattern(pattern: string): RegExp {
  let flags = ''
  const classes: Record<string, string> = {
    alnum: 'a-zA-Z0-9',
    alpha: 'a-zA-Z',
    blank: ' \\t',
    digit: '0-9',
    lower: 'a-z',
    punct: '!-\\/:-@\\[-`{-~',
    space: '\\s',
    upper: 'A-Z',
    word: '\\w',
    xdigit: '0-9a-fA-F',
  }
  const source = pattern
    .replace(/^\(\?([imsuU]+)\)/, (_, letters: string) => {
      if (letters.includes('i')) flags += 'i'
      if (letters.includes('s')) flags += 's'
      return ''
    })
    .replace(/\(\?P</g, '(?<')
    .replace(/\[:(\w+):\]/g, (whole, name: string) => classes[name] ?? whole)
    .replace(/\\A/g, '^')
    .replace(/\\z/g, '$')
  if (/\\n|\n/.test(source)) throw new Error('Patterns are matched within one line: leave the line break out')
  try {
    // What stands for itself only in ripgrep's form, such as `\-`, is an error with `u`, and right without.
    try {
      return new RegExp(source, `${flags}u`)
    } catch {
      return new RegExp(source, flags)
    }
  } catch (error) {
    throw new Error(`Not a valid regular expression: ${error instanceof Error ? error.message : error}`)
  }
}
