import type { Box } from '../box.ts'
import { applyChunks } from './apply-chunks.ts'
import { filledTextOf } from './arguments.ts'
import { commitFiles, type FileChange } from './commit-files.ts'
import { diffTexts } from './diff.ts'
import { type PatchSection, parsePatch } from './parse-patch.ts'
import { titleOf } from './paths.ts'
import { inEncodingOf, isThere, readTextFile, splitMark, type TextFile } from './text-file.ts'
import type { Call, ToolPlan } from './tool.ts'

/** Changes files by a patch. */
export const applyPatch: ToolPlan = {
  description: `Changes files in the sandbox by a patch of this form:

*** Begin Patch
*** Add File: path/of/new-file.txt
+its first line
*** Update File: path/of/file.py
*** Move to: path/of/new-name.py
@@ def name_of_what_is_changed():
 a line that stays
-a line that goes
+a line that comes
*** Delete File: path/of/old-file.txt
*** End Patch

- Each section begins with one of the three headers Add File, Update File, Delete File. "Move to" may follow Update File.
- In Add File every line begins with +. In Update File every line begins with a blank, - or +; give about three lines that stay before and after each change.
- "@@" and a line of the file, such as the head of a function, says where a change is; "*** End of File" after a change says that it is at the end.
- All changes are checked before the first file is written.`,
  args: { patchText: { type: 'string', description: 'The full patch text that describes all changes to be made' } },
  required: ['patchText'],
  check(args) {
    sectionsOf(filledTextOf(args, 'patchText'))
  },
  async run(call) {
    const { box, context, pathOf } = call
    const sections = sectionsOf(filledTextOf(call.args, 'patchText'))
    const paths = sections.flatMap((section) => pathsOf(pathOf, section))
    return await context.locks.run(box.sandbox.id, paths, () => apply(call, sections))
  },
}

function sectionsOf(text: string): PatchSection[] {
  let sections: PatchSection[]
  try {
    sections = parsePatch(text)
  } catch (error) {
    throw unverified(error)
  }
  if (sections.length === 0) throw new Error('patch rejected: empty patch')
  return sections
}

function pathsOf(pathOf: Call['pathOf'], section: PatchSection): string[] {
  const own = pathOf(section.path)
  return section.kind === 'update' && section.newPath !== null ? [own, pathOf(section.newPath)] : [own]
}

/** What one section does, for the screens. */
interface Shown {
  readonly letter: 'A' | 'M' | 'D'
  readonly filePath: string
  readonly movePath?: string
  readonly type: 'add' | 'update' | 'move' | 'delete'
  readonly before: string
  readonly after: string
}

async function apply({ box, signal, pathOf }: Call, sections: readonly PatchSection[]) {
  const files = new Map<string, FileChange>()
  const shown: Shown[] = []
  for (const section of sections) {
    try {
      shown.push(await plan({ box, signal, files, pathOf }, section))
    } catch (error) {
      signal.throwIfAborted()
      throw unverified(error)
    }
  }
  signal.throwIfAborted()
  await commitFiles(box.sandbox, [...files.values()])
  const listed = shown.map((one) => {
    const { patch, additions, deletions } = diffTexts(one.filePath, one.before, one.after)
    const relativePath = titleOf(box, one.movePath ?? one.filePath)
    const { filePath, type, movePath, letter } = one
    return {
      line: `${letter} ${relativePath}`,
      file: { filePath, relativePath, type, patch, additions, deletions, ...(movePath ? { movePath } : {}) },
    }
  })
  const output = `Success. Updated the following files:\n${listed.map(({ line }) => line).join('\n')}`
  const diff = listed.map(({ file }) => `${file.patch}\n`).join('')
  return { title: output, output, metadata: { diff, files: listed.map(({ file }) => file), diagnostics: {} } }
}

interface Planning {
  readonly box: Box
  readonly signal: AbortSignal
  readonly pathOf: Call['pathOf']
  /** by path, as they will be; a second section of the same file goes on from there */
  readonly files: Map<string, FileChange>
}

async function plan(planning: Planning, section: PatchSection): Promise<Shown> {
  const { pathOf, files } = planning
  const filePath = pathOf(section.path)
  if (section.kind === 'add') {
    const { text, hasMark } = splitMark(section.content)
    const after: TextFile = { text, hasMark, encoding: 'utf8' }
    files.set(filePath, { ...(await look(planning, filePath)), after })
    return { letter: 'A', filePath, type: 'add', before: '', after: text }
  }
  const file = await look(planning, filePath)
  if (file.after === null || !file.exists) throw new Error(`Failed to read file to ${section.kind}: ${filePath}`)
  if (section.kind === 'delete') {
    files.set(filePath, { ...file, after: null })
    return { letter: 'D', filePath, type: 'delete', before: textOf(file.after), after: '' }
  }
  if (file.after === 'other') throw new Error(`Cannot edit binary or very large file: ${filePath}`)
  const { after: before } = file
  const chunks = section.chunks.map((chunk) => ({
    ...chunk,
    contexts: chunk.contexts.map((text) => inEncodingOf(before, text)),
    lines: chunk.lines.map((line) => ({ ...line, text: inEncodingOf(before, line.text) })),
  }))
  const after: TextFile = { ...before, text: applyChunks(before.text, chunks, filePath) }
  const diffed = { before: before.text, after: after.text }
  const movePath = section.newPath === null ? filePath : pathOf(section.newPath)
  if (movePath === filePath) {
    files.set(filePath, { ...file, after })
    return { letter: 'M', filePath, type: 'update', ...diffed }
  }
  const target = await look(planning, movePath)
  files.set(filePath, { ...file, after: null })
  files.set(movePath, { ...target, after, modeOf: file.modeOf ?? filePath })
  return { letter: 'M', filePath, movePath, type: 'move', ...diffed }
}

/** The file as the sections before leave it. */
async function look({ box, signal, files }: Planning, path: string): Promise<FileChange> {
  const known = files.get(path)
  if (known !== undefined) return { ...known, exists: known.after !== null }
  let before: FileChange['before'] = null
  try {
    before = await readTextFile(box.sandbox, path, signal)
  } catch (error) {
    signal.throwIfAborted()
    // It can be deleted and written over, though not edited; a folder or a pipe can be neither.
    if (!(await isRegular(box, path, signal))) throw error
    before = 'other'
  }
  return { path, exists: before !== null, before, after: before }
}

async function isRegular({ sandbox }: Box, path: string, signal: AbortSignal): Promise<boolean> {
  if (!(await isThere(sandbox, path, signal))) return false
  const { mode } = await sandbox.toolbox.call('getFileInfo', { query: { path } }, { signal })
  return mode.startsWith('-')
}

function unverified(error: unknown): Error {
  return new Error(`apply_patch verification failed: ${error instanceof Error ? error.message : error}`)
}

function textOf(file: TextFile | 'other'): string {
  return file === 'other' ? '' : file.text
}
