import { filledTextOf, textOf } from './arguments.ts'
import { titleOf } from './paths.ts'
import { isThere, readMark, splitMark, writeTextFile } from './text-file.ts'
import type { ToolPlan } from './tool.ts'

/** Writes a whole file. */
export const write: ToolPlan = {
  description: `Writes a file in the sandbox, and makes the folders that it needs. What the file had before is lost.

- Read an existing file before you write it anew. To change a part of it, use edit.
- Write new files only where the task needs them; no documentation that nobody asked for.`,
  args: {
    content: { type: 'string', description: 'The content to write to the file' },
    filePath: {
      type: 'string',
      description: 'The absolute path to the file to write (must be absolute, not relative)',
    },
  },
  required: ['content', 'filePath'],
  check(args) {
    textOf(args, 'content')
    filledTextOf(args, 'filePath')
  },
  run({ args, box, signal, context, pathOf }) {
    const path = pathOf(filledTextOf(args, 'filePath'))
    return context.locks.run(box.sandbox.id, [path], async () => {
      const exists = await isThere(box.sandbox, path, signal)
      const { text, hasMark } = splitMark(textOf(args, 'content'))
      // A file that begins with a byte order mark keeps it.
      const keepsMark = exists && (await readMark(box.sandbox, path, signal))
      signal.throwIfAborted()
      await writeTextFile(box.sandbox, path, { text, hasMark: hasMark || keepsMark, encoding: 'utf8' })
      return {
        title: titleOf(box, path),
        output: 'Wrote file successfully.',
        metadata: { diagnostics: {}, filepath: path, exists },
      }
    })
  },
}
