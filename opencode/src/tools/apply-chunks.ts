import type { PatchChunk } from './parse-patch.ts'

/** Lines of the file from `at` on, `count` of them, that make room for others. */
interface Splice {
  readonly at: number
  readonly count: number
  readonly lines: readonly string[]
}

/**
 * Makes the changes of a patch in a text. Lines that stay are those of the file, also where the patch has other white
 * space; new ones get the file's line breaks. Throws an Error when a place is not found.
 *
 * @param path for messages
 */
export function applyChunks(content: string, chunks: readonly PatchChunk[], path: string): string {
  if (chunks.length === 0) return content
  const lines = content.split('\n')
  if (lines.at(-1) === '') lines.pop()
  const ending = content.includes('\r\n') ? '\r' : ''
  const splices: Splice[] = []
  let from = 0
  for (const chunk of chunks) {
    for (const context of chunk.contexts) {
      const at = findLines(lines, [context], { from, isAtEnd: false })
      if (at < 0) throw new Error(`Failed to find context '${context}' in ${path}`)
      from = at + 1
    }
    const splice = place(lines, chunk, { from, ending, path })
    splices.push(splice)
    from = splice.at + splice.count
  }
  for (const { at, count, lines: inserted } of splices.reverse()) lines.splice(at, count, ...inserted)
  return lines.map((line) => `${line}\n`).join('')
}

interface Place {
  readonly from: number
  readonly ending: string
  readonly path: string
}

function place(lines: readonly string[], chunk: PatchChunk, { from, ending, path }: Place): Splice {
  const patch = [...chunk.lines]
  const old = (): string[] => patch.filter((line) => line.kind !== 'added').map((line) => line.text)
  if (old().length === 0) {
    const added = patch.map((line) => line.text + ending)
    // Lines alone go behind the line that `@@` names, else to the end.
    return { at: chunk.contexts.length > 0 ? from : lines.length, count: 0, lines: added }
  }
  let at = findLines(lines, old(), { from, isAtEnd: chunk.isAtEnd })
  // An empty line at its end often stands for the end of the file.
  while (at < 0 && patch.at(-1)?.kind === 'same' && patch.at(-1)?.text === '' && old().length > 1) {
    patch.pop()
    at = findLines(lines, old(), { from, isAtEnd: chunk.isAtEnd })
  }
  if (at < 0) throw new Error(`Failed to find expected lines in ${path}:\n${old().join('\n')}`)
  const inserted: string[] = []
  let next = at
  for (const { kind, text } of patch) {
    if (kind === 'same') inserted.push(lines[next] ?? '')
    if (kind === 'added') inserted.push(text + ending)
    if (kind !== 'added') next += 1
  }
  return { at, count: next - at, lines: inserted }
}

/** Forms in which lines are compared, one after the other until they are found. */
const forms: readonly ((line: string) => string)[] = [
  (line) => line.replace(/\r$/, ''),
  (line) => line.trimEnd(),
  (line) => line.trim(),
  (line) => plainPunctuation(line.trim()),
]

/** Where these lines are in others, from one of them on; -1 where they are not. */
function findLines(
  lines: readonly string[],
  wanted: readonly string[],
  { from, isAtEnd }: { readonly from: number; readonly isAtEnd: boolean },
): number {
  for (const form of forms) {
    const formed = wanted.map(form)
    // Each line once: with many like each other, each is compared as often as there are lines wanted.
    const own = lines.map(form)
    const isAt = (at: number): boolean => formed.every((line, index) => own[at + index] === line)
    const last = lines.length - wanted.length
    if (isAtEnd && last >= from && isAt(last)) return last
    for (let at = from; at <= last; at += 1) if (isAt(at)) return at
  }
  return -1
}

/** Quotation marks, dashes and blanks as they are typed; models mix them up with their typographic forms. */
function plainPunctuation(text: string): string {
  return text
    .replace(/[\u2018-\u201b]/g, "'")
    .replace(/[\u201c-\u201f]/g, '"')
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/\u2026/g, '...')
    .replace(/[\u00a0\u2002-\u200a\u202f\u205f\u3000]/g, ' ')
}
