import { isPlatformError, nearest } from '@sandyard/protocol'
import type { Command, CommandInput } from './command.ts'
import { doctor } from './commands/doctor.ts'
import { down } from './commands/down.ts'
import { help } from './commands/help.ts'
import { prepare } from './commands/prepare.ts'
import { reset } from './commands/reset.ts'
import { start } from './commands/start.ts'
import { openTerminal } from './terminal.ts'

const commands: Readonly<Record<string, Command>> = { start, down, reset, doctor, prepare, help }

/** Runs a command of the platform and gives its exit code. */
export async function runCommand(
  [name = 'help', ...args]: readonly string[],
  env: CommandInput['env'],
): Promise<number> {
  const terminal = openTerminal(process.stdout)
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())
  const asked = args.includes('--help') || args.includes('-h') || name === '--help' || name === '-h'
  const command = asked ? help : commands[name]
  if (command === undefined) {
    const near = nearest(name, Object.keys(commands))
    process.stderr.write(`sandyard: no command ${name}${near === undefined ? '' : `; did you mean ${near}?`}\n`)
    return 1
  }
  try {
    return await command({ args, env, terminal, signal: stop.signal })
  } catch (error) {
    terminal.drop()
    if (stop.signal.aborted) return 130
    process.stderr.write(`sandyard ${name}: ${describe(error)}\n`)
    return 1
  }
}

/** One sentence for what people can mend, the whole trace for a fault of ours. */
function describe(error: unknown): string {
  if (isPlatformError(error)) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
