import { filledTextOf, flagOf, textOf } from './arguments.ts'
import { diffTexts } from './diff.ts'
import { titleOf } from './paths.ts'
import { replaceText } from './replace-text.ts'
import { inEncodingOf, isThere, readTextFile, splitMark, type TextFile, writeTextFile } from './text-file.ts'
import type { Call, ToolPlan } from './tool.ts'

const emptyOldString =
  'oldString cannot be empty when editing an existing file. Provide the exact text to replace, or use write for an intentional full-file replacement.'

/** Replaces a text in a file. */
export const edit: ToolPlan = {
  description: `Replaces a text in a file of the sandbox by another.

- oldString must be exactly what is in the file, with its indentation and line breaks, and without the line numbers that read puts before the lines ("12: ").
- It must occur once: add lines around it until it does, or set replaceAll to change every occurrence.
- An empty oldString makes a new file of newString; it is refused where there is a file already.
- Read the part of the file that you change first. Change existing files rather than writing new ones.`,
  args: {
    filePath: { type: 'string', description: 'The absolute path to the file to modify' },
    oldString: { type: 'string', description: 'The text to replace' },
    newString: { type: 'string', description: 'The text to replace it with (must be different from oldString)' },
    replaceAll: { type: ['boolean', 'null'], description: 'Replace all occurrences of oldString (default false)' },
  },
  required: ['filePath', 'oldString', 'newString'],
  check(args) {
    filledTextOf(args, 'filePath')
    flagOf(args, 'replaceAll')
    if (textOf(args, 'oldString') === textOf(args, 'newString'))
      throw new Error('No changes to apply: oldString and newString are identical.')
  },
  run(call) {
    const path = call.pathOf(filledTextOf(call.args, 'filePath'))
    return call.context.locks.run(call.box.sandbox.id, [path], () => change(call, path))
  },
}

async function change({ args, box, signal }: Call, path: string) {
  const { sandbox } = box
  const oldString = textOf(args, 'oldString')
  const newString = textOf(args, 'newString')
  let before = ''
  let after: TextFile
  if (oldString === '') {
    if (await isThere(sandbox, path, signal)) throw new Error(emptyOldString)
    after = { ...splitMark(newString), encoding: 'utf8' }
  } else {
    const file = await readTextFile(sandbox, path, signal)
    if (file === null) throw new Error(`File ${path} not found`)
    before = file.text
    const wanted = inEncodingOf(file, oldString)
    const replacement = inEncodingOf(file, newString)
    const text = replaceText(before, wanted, replacement, flagOf(args, 'replaceAll'))
    after = { ...file, text }
  }
  signal.throwIfAborted()
  await writeTextFile(sandbox, path, after)
  const { patch, additions, deletions } = diffTexts(path, withLineFeeds(before), withLineFeeds(after.text))
  return {
    title: titleOf(box, path),
    output: 'Edit applied successfully.',
    metadata: { diagnostics: {}, diff: patch, filediff: { file: path, patch, additions, deletions } },
  }
}

function withLineFeeds(text: string): string {
  return text.replaceAll('\r\n', '\n')
}
