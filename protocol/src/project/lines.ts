import type { ProjectFiles } from './plan.ts'

/** characters; nobody writes longer lines by hand, and patterns are tried on short ones only */
const longestLine = 500

/** Text of a file of the folder, without a byte order mark; null where it was not read. */
export function textOf(files: Pick<ProjectFiles, 'texts'>, name: string): string | null {
  const text = Object.hasOwn(files.texts, name) ? files.texts[name] : undefined
  return typeof text === 'string' ? text.replace(/^\uFEFF/, '') : null
}

/** Lines of a text; those that are too long to be looked at are left out. */
export function linesOf(text: string): string[] {
  return text.split(/\r\n|\r|\n/).filter((line) => line.length <= longestLine)
}

/** The first group of the pattern in the first line that has it. */
export function findLine(text: string, pattern: RegExp): string | null {
  for (const line of linesOf(text)) {
    const found = pattern.exec(line)?.[1]
    if (found !== undefined) return found
  }
  return null
}
