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

/** The last lines of a log, as a sentence for people can have them. */
export function lastLines(log: string, most: { readonly lines: number; readonly characters: number }): string {
  const lines = stripVTControlCharacters(log)
    .split('\n')
    .map((line) => line.replace(/(?!\t)\p{Cc}/gu, '').trimEnd())
    .filter((line) => line !== '')
  return lines.slice(-most.lines).join('\n').slice(-most.characters)
}

const outOfMemory = /JavaScript heap out of memory|Cannot allocate memory|\bMemoryError\b|signal SIGKILL|\bOOM\b/i

/** True for the end of a program that was killed, or gave up, because its sandbox has too little memory. */
export function isOutOfMemory(exitCode: number, log: string): boolean {
  return exitCode === 137 || (exitCode !== 0 && outOfMemory.test(log))
}
