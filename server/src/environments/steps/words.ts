import { stripVTControlCharacters } from 'node:util'

/** What a shell takes as one word, whatever is in it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/

/** A command for `sh -c` in a folder, with variables, as a line for any shell; its end is the end of the line. */
export function commandLine({
  command,
  folder,
  env,
  isWithoutInput,
}: {
  readonly command: string
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  /** true: what it reads ends at once */
  readonly isWithoutInput: boolean
}): string {
  const exports = Object.entries(env)
    .filter(([name, value]) => variableName.test(name) && !value.includes('\0'))
    .map(([name, value]) => `export ${name}=${quoted(value)} && `)
  const input = isWithoutInput ? ' </dev/null' : ''
  return `(cd -- ${quoted(folder)} && ${exports.join('')}exec sh -c ${quoted(command)}${input})`
}

const longestTold = 500

/** A command as the log tells it: of a program within it, such as the server of static folders, only the beginning. */
export function toldCommand(command: string): string {
  if (command.length <= longestTold) return `$ ${command}\n`
  const [first = ''] = command.split('\n')
  return `$ ${first.slice(0, longestTold)} … (${command.length} characters)\n`
}

/** How much of a log is told. */
interface Most {
  readonly lines: number
  readonly characters: number
}

/** The last lines of a log, as a sentence for people can have them. */
export function lastLines(log: string, most: Most): string {
  return linesOf(log).slice(-most.lines).join('\n').slice(-most.characters)
}

const firstError = /^\s*(?:npm (?:error|ERR!)|ERR!|ERR_[A-Z]|error\b)/i
const emptyError = /^\s*npm (?:error|ERR!)(?: A complete log of this run can be found in: .*)?$/
const usage = /^\s*npm (?:error|ERR!) Usage:$/

/** Why a package manager has failed: what begins with its first error, without the help that npm shows behind it. */
export function errorLines(log: string, most: Most): string {
  const lines = linesOf(log)
  const begin = lines.findIndex((line) => firstError.test(line))
  if (begin === -1) return lastLines(log, most)
  const errors = lines.slice(begin).filter((line) => !emptyError.test(line))
  // Before the usage one line says what the command is for.
  const help = errors.findIndex((line) => usage.test(line)) - 1
  return errors
    .slice(0, help > 0 ? Math.min(help, most.lines) : most.lines)
    .join('\n')
    .slice(0, most.characters)
}

function linesOf(log: string): string[] {
  return stripVTControlCharacters(log)
    .split('\n')
    .map((line) => line.replace(/(?!\t)\p{Cc}/gu, '').trimEnd())
    .filter((line) => line !== '')
}

const networkTrouble = [
  /\b(?:ECONNRESET|ECONNREFUSED|ECONNABORTED|ETIMEDOUT|ESOCKETTIMEDOUT|ENOTFOUND|EAI_AGAIN|EPIPE|EHOSTUNREACH|ENETUNREACH)\b/,
  /\b(?:network|socket hang up|fetch failed|timed? ?out|temporary failure|could not resolve host|all attempts to connect)\b/i,
  /\bconnection ?(?:reset|refused|aborted|closed|broken|error)|error sending request|max retries exceeded|ERR_SOCKET/i,
  /\b(?:EPROTO|SSLError|UNEXPECTED_EOF|IncompleteRead|premature close|ended prematurely|early EOF|remote end|RPC failed|tls handshake)\b/i,
  /\b(?:E|HTTP(?: error)? |FETCH_|status(?: code)?:? ?)(?:429|5\d\d)\b|too many requests|service unavailable|bad gateway/i,
]

/** True for the log of a command that has failed by the network, or by a registry that could not answer. */
export function isNetworkTrouble(log: string): boolean {
  return networkTrouble.some((sign) => sign.test(log))
}

const outOfMemory = /JavaScript heap out of memory|Cannot allocate memory|\bMemoryError\b|signal SIGKILL|\bOOM\b/i

/** True for the end of a program that was killed, or gave up, because its sandbox has too little memory. */
export function isOutOfMemory(exitCode: number, log: string): boolean {
  return exitCode === 137 || (exitCode !== 0 && outOfMemory.test(log))
}
