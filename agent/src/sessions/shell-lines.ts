import type { Shell } from '../processes/programs.ts'
import type { CommandFiles } from './command.ts'

type Variables = Readonly<Record<string, string>>

/**
 * How a shell is started so that no file of the user reads the lines meant for the shell: it is told to read none, and
 * its first line does it, with nothing to read from.
 */
export function withoutStartFiles(shell: Shell, variables: Variables): { args: string[]; variables: Variables } {
  if (shell.dialect === 'zsh') return { args: ['-f'], variables }
  if (shell.dialect !== 'bash') return { args: [], variables }
  const { BASH_ENV: _, ...rest } = variables
  return { args: [], variables: rest }
}

/** First line of a session. Aliases count, as where somebody types. */
export function startLine({ dialect }: Shell, variables: Variables): string {
  if (dialect === 'bash') {
    const file = variables.BASH_ENV ?? ''
    const source = file === '' ? '' : `; export BASH_ENV=${quote(file)}; \\. "$BASH_ENV" </dev/null`
    return `shopt -s expand_aliases${source}`
  }
  if (dialect === 'zsh') {
    const file = quote(`${variables.ZDOTDIR ?? variables.HOME ?? ''}/.zshenv`)
    return `setopt rcs; [[ ! -r ${file} ]] || \\. ${file} </dev/null`
  }
  return ':'
}

/** Where a status goes to, and which one it is. */
export interface StatusPlace {
  readonly number: number
  readonly file: number
}

/**
 * What the shell does for a command: run the script in itself, then tell its status. Quoted against aliases, and by
 * way of the word that looks for no functions. bash and zsh name themselves and the line in messages when the text
 * comes by `eval`; a plain sh has no way to read a file without another program, and sources it (a syntax error would
 * end it without `command`).
 */
export function commandLine({ dialect }: Shell, files: CommandFiles, place: StatusPlace): string {
  const at = (fd: number): string => `/proc/${process.pid}/fd/${fd}`
  const input = files.input === null ? '/dev/null' : at(files.input)
  const redirections = `<${input} >${at(files.output)} 2>${at(files.errors)}`
  const word = dialect === 'posix' ? '\\command' : '\\builtin'
  const script = at(files.script)
  const run =
    dialect === 'posix' ? `{ ${word} . ${script}; } ${redirections}` : `${word} eval "$(<${script})" ${redirections}`
  return `${run}; ${word} printf '%s %s\\n' ${place.number} "$?" >${at(place.file)}`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
