import { filledTextOf, optionalTextOf } from './arguments.ts'
import { type FindAnswer, type FindOptions, findFiles } from './inside/find-files.ts'
import { type InsideProgram, runInside } from './inside/run-inside.ts'
import { walkParts } from './inside/walk-parts.ts'
import { shownPath, titleOf } from './paths.ts'
import type { ToolPlan } from './tool.ts'

const mostFiles = 100

const program: InsideProgram<FindOptions, FindAnswer> = { main: findFiles, parts: walkParts }

/** Finds files by their names. */
export const glob: ToolPlan = {
  description: `Finds files in the sandbox by their names.

- The pattern is a glob such as "**/*.js" or "src/**/*.{ts,tsx}". One without a slash matches in every folder.
- It answers absolute paths, the last changed first, at most ${mostFiles}.
- What .gitignore files leave out is not found, nor what is hidden unless the pattern names it.`,
  args: {
    pattern: { type: 'string', description: 'The glob pattern to match files against' },
    path: {
      type: ['string', 'null'],
      description: "The directory to search in. Leave it out for the project's folder",
    },
  },
  required: ['pattern'],
  check(args) {
    filledTextOf(args, 'pattern')
    optionalTextOf(args, 'path')
  },
  async run({ args, box, signal, pathOf }) {
    const folder = pathOf(optionalTextOf(args, 'path') ?? '.')
    const whole = filledTextOf(args, 'pattern')
    // Some write the folder into the pattern.
    const base = folder.endsWith('/') ? folder : `${folder}/`
    const inside = whole.startsWith('/') ? pathOf(whole) : whole
    const pattern = inside.startsWith(base) ? `/${inside.slice(base.length)}` : whole
    const input = { folder, glob: pattern, most: mostFiles }
    const { files, hasMore, isPartial } = await runInside(box.sandbox, program, { input, signal })
    const lines = files.length === 0 ? ['No files found'] : files.map(shownPath)
    if (hasMore)
      lines.push(
        '',
        `(Results are truncated: showing first ${mostFiles} results. Consider using a more specific path or pattern.)`,
      )
    if (isPartial) lines.push('', '(There are too many files to look at all of them: use a more specific path.)')
    return {
      title: titleOf(box, folder),
      output: lines.join('\n'),
      metadata: { count: files.length, truncated: hasMore || isPartial },
    }
  },
}
