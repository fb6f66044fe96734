/** One line of a change: it stays, goes or comes. */
export interface PatchLine {
  readonly kind: 'same' | 'removed' | 'added'
  readonly text: string
}

/** One place of a file that changes. */
export interface PatchChunk {
  /** lines that come before the place, as behind `@@`; each is looked for after the one before */
  readonly contexts: readonly string[]
  readonly lines: readonly PatchLine[]
  /** whether it is at the end of the file */
  readonly isAtEnd: boolean
}

/** What a patch says of one file. */
export type PatchSection =
  | { readonly kind: 'add'; readonly path: string; readonly content: string }
  | { readonly kind: 'delete'; readonly path: string }
  | {
      readonly kind: 'update'
      readonly path: string
      readonly newPath: string | null
      readonly chunks: readonly PatchChunk[]
    }

const begin = '*** Begin Patch'
const end = '*** End Patch'

/** Takes a patch of the form `*** Begin Patch` apart. Throws an Error that names the line that is wrong. */
export function parsePatch(text: string): PatchSection[] {
  const lines = withoutHereDocument(text.replaceAll('\r\n', '\n').trim()).split('\n')
  const first = lines.findIndex((line) => line.trim() === begin)
  const last = lines.findLastIndex((line) => line.trim() === end)
  if (first < 0 || last < first) throw new Error('Invalid patch format: missing Begin/End markers')
  const sections: PatchSection[] = []
  let at = first + 1
  while (at < last) {
    const line = lines[at] ?? ''
    if (line.trim() === '') {
      at += 1
      continue
    }
    const header = /^\*\*\* (Add|Delete|Update) File:(.*)$/.exec(line)
    if (header === null)
      throw new Error(
        `Invalid patch format: expected "*** Add File: ", "*** Delete File: " or "*** Update File: ", not "${line.slice(0, 200)}"`,
      )
    const path = header[2]?.trim() ?? ''
    if (path === '') throw new Error(`Invalid patch format: no path in "${line}"`)
    let next = at + 1
    while (next < last && !/^\*\*\* (?:Add|Delete|Update) File:/.test(lines[next] ?? '')) next += 1
    sections.push(parseSection(header[1] ?? '', path, lines.slice(at + 1, next)))
    at = next
  }
  return sections
}

/** Some send what a shell would: `cat <<'EOF'` around the patch. */
function withoutHereDocument(text: string): string {
  return /^(?:cat\s+)?<<-?\s*['"]?(\w+)['"]?[^\n]*\n([\s\S]*)\n\1$/.exec(text)?.[2] ?? text
}

function parseSection(kind: string, path: string, body: readonly string[]): PatchSection {
  if (kind === 'Update') return parseUpdate(path, body)
  const lines = body.slice(0, body.findLastIndex((line) => line !== '') + 1)
  if (kind === 'Delete') {
    const [extra] = lines
    if (extra !== undefined) throw new Error(`Invalid patch format: nothing may follow "*** Delete File: ${path}"`)
    return { kind: 'delete', path }
  }
  const wrong = lines.find((line) => line !== '' && !line.startsWith('+'))
  if (wrong !== undefined)
    throw new Error(`Invalid patch format: lines of a new file begin with "+", but not "${wrong.slice(0, 200)}"`)
  return { kind: 'add', path, content: lines.map((line) => `${line.slice(1)}\n`).join('') }
}

function parseUpdate(path: string, body: readonly string[]): PatchSection {
  const move = /^\*\*\* Move to:(.*)$/.exec(body[0] ?? '')
  const newPath = move === null ? null : (move[1]?.trim() ?? '')
  if (newPath === '') throw new Error(`Invalid patch format: no path in "${body[0]}"`)
  const chunks: PatchChunk[] = []
  let contexts: string[] = []
  let lines: PatchLine[] = []
  let blanks = 0
  const close = (isAtEnd: boolean): void => {
    // Contexts alone belong to the next chunk.
    if (lines.length === 0) return
    chunks.push({ contexts, lines, isAtEnd })
    contexts = []
    lines = []
  }
  for (const line of move === null ? body : body.slice(1)) {
    if (line === '') {
      // An empty line that stays, whose blank was left out, or one between two chunks, which is none.
      blanks += 1
      continue
    }
    const isLine = /^[ +-]/.test(line)
    if (isLine && lines.length > 0) for (; blanks > 0; blanks -= 1) lines.push({ kind: 'same', text: '' })
    blanks = 0
    if (isLine) lines.push({ kind: kinds[line.charAt(0)] ?? 'same', text: line.slice(1) })
    else if (line.startsWith('@@')) {
      close(false)
      const context = line.slice(2).trim()
      if (context !== '') contexts.push(context)
    } else if (line.trim() === '*** End of File') close(true)
    else
      throw new Error(
        `Invalid patch format: lines of a change begin with " ", "-" or "+", but not "${line.slice(0, 200)}"`,
      )
  }
  close(false)
  if (chunks.length === 0 && newPath === null) throw new Error(`Invalid patch format: no changes for ${path}`)
  return { kind: 'update', path, newPath, chunks }
}

const kinds: Readonly<Record<string, PatchLine['kind']>> = { ' ': 'same', '-': 'removed', '+': 'added' }
