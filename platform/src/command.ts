import type { Terminal } from './terminal.ts'

/** What a command gets. */
export interface CommandInput {
  /** what follows the command's name */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly terminal: Terminal
  /** aborted by Ctrl-C, SIGTERM and the end of the terminal */
  readonly signal: AbortSignal
}

/** A command: resolves to its exit code. */
export type Command = (input: CommandInput) => Promise<number>
