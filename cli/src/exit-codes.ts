/**
 * What a script can tell from how a command ended. `exec`, `run`, `shell` and `ssh` end with the code of what ran inside
 * instead, once it has run.
 */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  notAllowed: 4,
  conflict: 5,
  unreachable: 6,
  timedOut: 124,
  interrupted: 130,
} as const

/** Lines of help on each. */
export const exitCodeDocs: Readonly<Record<keyof typeof exitCodes, string>> = {
  done: 'done',
  failed: 'the platform refused or failed; the line on standard error says why',
  usage: 'the command was not understood; nothing was done',
  notFound: 'there is no such sandbox, snapshot, volume or the like',
  notAllowed: 'no key, a wrong one, or one that may not do this',
  conflict: 'it is in a state that does not allow this, or the name is taken',
  unreachable: 'no answer from the platform',
  timedOut: 'it took longer than `--timeout`',
  interrupted: 'ended by Ctrl-C or a signal',
}

/** What people can mend; ends the command with its code. */
export class CommandError extends Error {
  readonly exitCode: number
  /** what to do about it, one sentence */
  readonly hint: string | undefined

  constructor(message: string, exitCode: number = exitCodes.failed, hint?: string) {
    super(message)
    this.name = 'CommandError'
    this.exitCode = exitCode
    this.hint = hint
  }
}

/** A command line that was not understood. */
export function usageError(message: string, hint?: string): CommandError {
  return new CommandError(message, exitCodes.usage, hint)
}
