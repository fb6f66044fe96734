import { PlatformError } from '@sandyard/protocol'
import { buildLimits } from './limits.ts'
import { refuse } from './refuse.ts'

/** Text that stands in the Dockerfile itself (`<<EOF`). */
export interface Heredoc {
  readonly name: string
  readonly text: string
  /** its delimiter is not quoted, so variables in it are replaced */
  readonly expands: boolean
}

/** One instruction as it is written. */
export interface Instruction {
  /** where it begins, from 1 */
  readonly line: number
  /** in upper case */
  readonly keyword: string
  /** `--name=value` in front of its arguments; `''` for one without a value */
  readonly flags: readonly (readonly [name: string, value: string])[]
  /** what comes after the flags */
  readonly rest: string
  readonly heredocs: readonly Heredoc[]
}

/** A Dockerfile, cut into instructions. */
export interface Dockerfile {
  /** what takes the meaning of the next character away, and continues a line at its end */
  readonly escapeChar: '\\' | '`'
  readonly instructions: readonly Instruction[]
}

const keywords = new Set(
  (
    'ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER ' +
    'VOLUME WORKDIR'
  ).split(' '),
)
const withFlags = new Set(['ADD', 'COPY', 'FROM', 'HEALTHCHECK', 'RUN'])
const withHeredocs = new Set(['ADD', 'COPY', 'RUN'])
/** a number and `<<EOF`, `<<-EOF`, `<<'EOF'` or `<<"EOF"` */
const heredocWord = /^\d*<<(-?)(['"]?)([A-Za-z0-9_.-]+)\2$/

/** Cuts a Dockerfile into instructions. Throws BAD_REQUEST with the line for what is none. */
export function parseDockerfile(text: string): Dockerfile {
  if (Buffer.byteLength(text) > buildLimits.dockerfileBytes) {
    throw new PlatformError('BAD_REQUEST', `The Dockerfile is larger than ${buildLimits.dockerfileBytes} bytes`)
  }
  if (text.includes('\0')) throw new PlatformError('BAD_REQUEST', 'The Dockerfile has a zero byte in it')
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const escapeChar = readEscape(lines)
  const instructions: Instruction[] = []
  for (let at = 0; at < lines.length; ) {
    const { whole, next } = joinLines(lines, at, escapeChar)
    const line = at + 1
    at = next
    if (whole === '') continue
    const { keyword, flags, rest } = cut(whole, line)
    const heredocs: Heredoc[] = []
    for (const [, dash, quote, name = ''] of findHeredocs(keyword, rest)) {
      const { body, end } = takeBody(lines, at, { name, isIndented: dash === '-', line })
      heredocs.push({ name, text: body, expands: quote === '' })
      at = end
    }
    instructions.push({ line, keyword, flags, rest, heredocs })
    if (instructions.length > buildLimits.instructions) {
      refuse(line, `there are more than ${buildLimits.instructions} instructions`)
    }
  }
  if (instructions.length === 0) throw new PlatformError('BAD_REQUEST', 'The Dockerfile has no instructions')
  return { escapeChar, instructions }
}

/** Comments such as `# escape=` count only in front of everything else. */
function readEscape(lines: readonly string[]): '\\' | '`' {
  for (const [at, line] of lines.entries()) {
    // Longer ones mean nothing, and take long to look at.
    if (line.length > 1000) break
    const directive = /^\s*#\s*([A-Za-z][\w.-]*)\s*=\s*(.*?)\s*$/.exec(line)
    if (directive === null) break
    if (directive[1]?.toLowerCase() !== 'escape') continue
    const value = directive[2]
    if (value !== '\\' && value !== '`') refuse(at + 1, `invalid escape token ${JSON.stringify(value)}`)
    return value
  }
  return '\\'
}

/** One line of meaning: continued lines are put together, comments and empty lines between them left out. */
function joinLines(lines: readonly string[], start: number, escapeChar: string): { whole: string; next: number } {
  const parts: string[] = []
  let at = start
  for (; at < lines.length; at++) {
    const line = lines[at] ?? ''
    if (/^\s*(#|$)/.test(line)) {
      if (parts.length === 0) return { whole: '', next: at + 1 }
      continue
    }
    const trimmed = line.trimEnd()
    const isContinued = trimmed.endsWith(escapeChar) && !trimmed.endsWith(escapeChar + escapeChar)
    parts.push(isContinued ? trimmed.slice(0, -1) : line)
    if (!isContinued) {
      at += 1
      break
    }
  }
  return { whole: parts.join('').trim(), next: at }
}

function cut(whole: string, line: number): Pick<Instruction, 'keyword' | 'flags' | 'rest'> {
  const [word = ''] = whole.split(/\s/, 1)
  const keyword = word.toUpperCase()
  if (!keywords.has(keyword)) refuse(line, `unknown instruction: ${word.slice(0, 100)}`)
  let rest = whole.slice(word.length).trimStart()
  const flags: [string, string][] = []
  while (withFlags.has(keyword) && rest.startsWith('--')) {
    const [flag = ''] = rest.split(/\s/, 1)
    rest = rest.slice(flag.length).trimStart()
    if (flag === '--') break
    const [name = ''] = flag.slice(2).split('=', 1)
    flags.push([name.toLowerCase(), flag.slice(2 + name.length + 1)])
  }
  if (rest === '') refuse(line, `${keyword} requires at least one argument`)
  return { keyword, flags, rest }
}

function findHeredocs(keyword: string, rest: string): RegExpExecArray[] {
  if (!withHeredocs.has(keyword) || !rest.includes('<<')) return []
  return rest
    .split(/\s+/)
    .map((word) => heredocWord.exec(word))
    .filter((match) => match !== null)
}

function takeBody(
  lines: readonly string[],
  start: number,
  { name, isIndented, line }: { name: string; isIndented: boolean; line: number },
): { body: string; end: number } {
  const body: string[] = []
  for (let at = start; at < lines.length; at++) {
    const text = isIndented ? (lines[at] ?? '').replace(/^\t+/, '') : (lines[at] ?? '')
    if (text === name) return { body: body.map((row) => `${row}\n`).join(''), end: at + 1 }
    body.push(text)
  }
  refuse(line, `unterminated heredoc ${name}`)
}

/** True when the word begins a heredoc. */
export function isHeredocWord(word: string): boolean {
  return heredocWord.test(word)
}
