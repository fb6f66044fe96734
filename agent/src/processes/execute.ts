import type { Shell } from './programs.ts'
import { type JobContext, type Outcome, runJob } from './run.ts'

/** A command for the shell of the image. */
export interface ShellCommand {
  readonly command: string
  readonly cwd: string
  readonly variables: Readonly<Record<string, string>>
  /** seconds; 0 or null is no limit */
  readonly timeout: number | null | undefined
}

/**
 * Runs a script in a shell. It is handed over as a file on descriptor 3: no limit of argument sizes, nothing of it in
 * the process list (where `pkill -f` would find itself), and standard input stays free.
 */
export function runShellCommand(
  context: JobContext,
  shell: Shell,
  command: ShellCommand,
  signal: AbortSignal,
): Promise<Outcome> {
  const { cwd, variables, timeout } = command
  const script = { fd: 3, text: command.command } as const
  // Both streams in one also where they could not be given one pipe. A plain sh would close the file it is to read.
  const redirections = shell.dialect === 'posix' ? '2>&1' : '3<&- 2>&1'
  const args = ['-c', loadScript(shell, '/proc/self/fd/3', redirections)]
  return runJob(context, { file: shell.path, args, cwd, variables, script, timeout }, signal)
}

/**
 * Shell text that runs the script in this file. bash and zsh name themselves and the line in messages when the text
 * comes by `eval`; a plain sh has no way to read a file without another program, and sources it.
 * @param redirections what holds for the script as a whole
 */
function loadScript(shell: Shell, path: string, redirections: string): string {
  if (shell.dialect === 'posix') return `{ . ${path}; } ${redirections}`
  return `eval "$(<${path})" ${redirections}`
}
