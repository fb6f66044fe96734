import { filledTextOf, optionalTextOf } from './arguments.ts'
import { type InsideProgram, runInside } from './inside/run-inside.ts'
import { compilePattern, type FoundLines, type SearchOptions, searchFile, searchFiles } from './inside/search-files.ts'
import { walkParts } from './inside/walk-parts.ts'
import { shownPath } from './paths.ts'
import type { ToolPlan } from './tool.ts'

const mostMatches = 100
const longestLine = 2000

const program: InsideProgram<SearchOptions, FoundLines> = {
  main: searchFiles,
  parts: [...walkParts, compilePattern, searchFile],
}

/** Finds lines in files. */
export const grep: ToolPlan = {
  description: `Searches the content of files in the sandbox, line by line, with a regular expression such as "log.*Error" or "function\\s+\\w+".

- include leaves only files that match a glob, such as "*.js" or "*.{ts,tsx}".
- It answers paths, line numbers and lines, at most ${mostMatches}, those of the last changed files first.
- Binary files, and what .gitignore files leave out, are not searched.
- To count matches, use the bash tool.`,
  args: {
    pattern: { type: 'string', description: 'The regex pattern to search for in file contents' },
    path: {
      type: ['string', 'null'],
      description: "The directory or file to search in. Default: the project's folder",
    },
    include: {
      type: ['string', 'null'],
      description: 'File pattern to include in the search (e.g. "*.js", "*.{ts,tsx}")',
    },
  },
  required: ['pattern'],
  check(args) {
    filledTextOf(args, 'pattern')
    optionalTextOf(args, 'path')
    optionalTextOf(args, 'include')
  },
  async run({ args, box, signal, limits, pathOf }) {
    const pattern = filledTextOf(args, 'pattern')
    const path = pathOf(optionalTextOf(args, 'path') ?? '.')
    const include = optionalTextOf(args, 'include')
    const input = { path, pattern, most: mostMatches, longestLine, ...(include === undefined ? {} : { include }) }
    const found = await runInside(box.sandbox, program, { input, signal })
    const lines: string[] = []
    let bytes = 500 // of the first and the last lines
    let count = 0
    let file = ''
    for (const match of found.matches) {
      const more: string[] = []
      if (match.path !== file) more.push(...(file === '' ? [] : ['']), `${shownPath(match.path)}:`)
      more.push(`  Line ${match.line}: ${match.text}`)
      bytes += Buffer.byteLength(more.join('\n')) + 1
      if (bytes > limits.bytes || lines.length + more.length > limits.lines - 10) break
      lines.push(...more)
      file = match.path
      count += 1
    }
    const truncated = found.hasMore || count < found.matches.length
    if (truncated) lines.push('', '(Results truncated. Consider using a more specific path or pattern.)')
    if (found.isPartial) lines.push('', '(There are too many files to look at all of them: use a more specific path.)')
    if (count === 0) lines.unshift('No files found')
    else lines.unshift(`Found ${count} matches${truncated ? ' (more matches available)' : ''}`)
    return {
      title: pattern,
      output: lines.join('\n'),
      metadata: { matches: count, truncated: truncated || found.isPartial },
    }
  },
}
