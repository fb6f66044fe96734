import type { ToolResult } from '../opencode.ts'
import { filledTextOf, optionalIntegerOf } from './arguments.ts'
import {
  findSimilar,
  isBinary,
  listFolder,
  mediaTypeOf,
  type ReadAnswer,
  type ReadOptions,
  readLines,
  readPath,
} from './inside/read-path.ts'
import { type InsideProgram, runInside } from './inside/run-inside.ts'
import { shownPath, titleOf } from './paths.ts'
import type { ToolPlan } from './tool.ts'

const usualLines = 2000
const longestLine = 2000
const mostMediaBytes = 10 * 1024 * 1024
/** lines of an answer that are not of the file */
const frameLines = 10
const previewLines = 20
const lineNumbers = { least: 1, most: Number.MAX_SAFE_INTEGER }

const program: InsideProgram<ReadOptions, ReadAnswer> = {
  main: readPath,
  parts: [findSimilar, isBinary, listFolder, mediaTypeOf, readLines],
}

/** Reads a file or lists a folder. */
export const read: ToolPlan = {
  description: `Reads a file of the sandbox, or lists a folder.

- It answers up to ${usualLines} lines from the beginning, or from line offset on, each as "<number>: <line>". What is left out is said at the end; call it again with a larger offset. Lines of more than ${longestLine} characters are cut.
- Names in a folder come one per line, those of folders with a slash at their end.
- Images and PDF files come as attachments. Other binary files are refused.
- Rather read one large part than many small ones, several files with several calls at a time, and find places in large files with grep.`,
  args: {
    filePath: { type: 'string', description: 'The absolute path to the file or directory to read' },
    offset: { type: ['integer', 'null'], description: 'The line number to start reading from (1-indexed)' },
    limit: { type: ['integer', 'null'], description: 'The maximum number of lines to read (defaults to 2000)' },
  },
  required: ['filePath'],
  check(args) {
    filledTextOf(args, 'filePath')
    optionalIntegerOf(args, 'offset', { ...lineNumbers, least: 0 })
    optionalIntegerOf(args, 'limit', lineNumbers)
  },
  async run({ args, box, signal, limits, pathOf }) {
    const path = pathOf(filledTextOf(args, 'filePath'))
    // 0 is the first line, too
    const offset = optionalIntegerOf(args, 'offset', { ...lineNumbers, least: 0 }) || 1
    const wanted = optionalIntegerOf(args, 'limit', lineNumbers) ?? usualLines
    const most = Math.max(Math.min(wanted, limits.lines - frameLines), 1)
    // The path comes once, and twice in the words about what is left out.
    const mostBytes = Math.max(limits.bytes - Buffer.byteLength(path) - 400, 1)
    const input = { path, offset, most, mostBytes, longestLine, mostMediaBytes }
    const answer = await runInside(box.sandbox, program, { input, signal })
    return { title: titleOf(box, path), ...show(answer, { path, offset, mostBytes, limitBytes: limits.bytes }) }
  },
}

interface Shown {
  readonly path: string
  readonly offset: number
  readonly mostBytes: number
  readonly limitBytes: number
}

function show(answer: ReadAnswer, shown: Shown): Omit<ToolResult, 'title'> {
  switch (answer.kind) {
    case 'missing':
      throw new Error(missingText(shown.path, answer.similar))
    case 'folder':
      return showFolder(answer, shown)
    case 'media': {
      checkMedia(answer)
      const output = answer.type === 'application/pdf' ? 'PDF read successfully' : 'Image read successfully'
      const url = `data:${answer.type};base64,${answer.base64}`
      return {
        output,
        metadata: { preview: output, truncated: false, loaded: [] },
        attachments: [{ type: 'file', mime: answer.type, url }],
      }
    }
    case 'file':
      return showFile(answer, shown)
    default:
      throw new Error(`The sandbox gave an answer of another form: ${JSON.stringify(answer).slice(0, 200)}`)
  }
}

/** OpenCode's screens show it as what it says it is, and keep it with the session. */
function checkMedia({ type, base64 }: ReadAnswer & { kind: 'media' }): void {
  const known = typeof base64 === 'string' ? mediaTypeOf(Buffer.from(base64.slice(0, 24), 'base64')) : null
  if (
    known === null ||
    known !== type ||
    base64.length > Math.ceil(mostMediaBytes / 3) * 4 ||
    !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)
  )
    throw new Error('The sandbox gave something else as an image')
}

function missingText(path: string, similar: readonly string[]): string {
  const text = `File not found: ${path}`
  return similar.length === 0 ? text : `${text}\n\nDid you mean one of these?\n${similar.map(shownPath).join('\n')}`
}

function showFolder(answer: ReadAnswer & { kind: 'folder' }, { path, offset, mostBytes }: Shown) {
  const entries: string[] = []
  let bytes = 0
  for (const entry of answer.entries.map(shownPath)) {
    bytes += Buffer.byteLength(entry) + 1
    if (bytes > mostBytes) break
    entries.push(entry)
  }
  const { total } = answer
  const truncated = offset - 1 + entries.length < total
  const note = truncated
    ? `\n(Showing ${entries.length} of ${total} entries. Use 'offset' parameter to read beyond entry ${offset + entries.length})`
    : `\n(${total} entries)`
  return {
    output: [
      `<path>${path}</path>`,
      '<type>directory</type>',
      '<entries>',
      entries.join('\n'),
      note,
      '</entries>',
    ].join('\n'),
    metadata: {
      preview: entries.slice(0, previewLines).join('\n'),
      truncated,
      loaded: [],
      display: { type: 'directory', path, entries, offset, totalEntries: total, truncated },
    },
  }
}

function showFile(answer: ReadAnswer & { kind: 'file' }, { path, offset, limitBytes }: Shown) {
  const { lines, total, end } = answer
  if (total < offset && !(total === 0 && offset === 1))
    throw new Error(`Offset ${offset} is out of range for this file (${total} lines)`)
  const last = offset + lines.length - 1
  const truncated = end !== 'file'
  const notes = {
    file: `(End of file - total ${total} lines)`,
    lines: `(Showing lines ${offset}-${last} of ${total}. Use offset=${last + 1} to continue.)`,
    bytes: `(Output capped at ${Math.floor(limitBytes / 1024)} KB. Showing lines ${offset}-${last}. Use offset=${last + 1} to continue.)`,
    size: `(Showing lines ${offset}-${last} of more than ${total}. Use offset=${last + 1} to continue.)`,
  }
  const numbered = lines.map((line, index) => `${offset + index}: ${line}`).join('\n')
  // All of it would be kept with the session.
  if (Buffer.byteLength(numbered) > limitBytes) throw new Error('The sandbox gave more lines than were asked for')
  return {
    output: `<path>${path}</path>\n<type>file</type>\n<content>\n${numbered}\n\n${notes[end]}\n</content>`,
    metadata: {
      preview: lines.slice(0, previewLines).join('\n'),
      truncated,
      loaded: [],
      display: {
        type: 'file',
        path,
        text: lines.join('\n'),
        lineStart: offset,
        lineEnd: last,
        totalLines: total,
        truncated,
      },
    },
  }
}
