import type { Command } from './command.ts'
import { connect } from './connect.ts'
import { CommandError, exitCodes } from './exit-codes.ts'
import { commandHelp, groupHelp } from './help.ts'
import { type Parsed, parse } from './parse.ts'
import { type OutputForm, openScreen } from './screen.ts'
import { openSettings } from './settings.ts'

/** The process around a command line. */
export interface Outside {
  readonly out: NodeJS.WriteStream
  readonly err: NodeJS.WriteStream
  readonly env: Readonly<Record<string, string | undefined>>
  readonly folder: string
  readonly signal: AbortSignal
}

/** Runs one command line and gives its exit code; whatever fails is told in a line or two on standard error. */
export async function runLine(
  commands: readonly Command[],
  line: readonly string[],
  outside: Outside,
): Promise<number> {
  const { out, err, signal } = outside
  try {
    const parsed = parse(commands, line)
    if ('help' in parsed) {
      out.write('path' in parsed.help ? commandHelp(parsed.help) : groupHelp(commands, parsed.help))
      return exitCodes.done
    }
    return await runCommand(parsed, outside)
  } catch (error) {
    if (signal.aborted) return exitCodes.interrupted
    const { message, hint, exitCode } = await explain(error)
    err.write(`sandyard: ${message}\n`)
    if (hint !== undefined) err.write(`  ${hint}\n`)
    return exitCode
  }
}

async function runCommand({ command, args, flags }: Parsed, outside: Outside): Promise<number> {
  const { out, err, env, folder, signal } = outside
  const text = (name: string): string | undefined => flags[name] as string | undefined
  const settings = openSettings(env)
  const wanted = {
    profile: text('profile'),
    apiUrl: text('api-url'),
    apiKey: text('api-key'),
    organization: text('organization'),
  }
  const form = (text('output') ?? 'table') as OutputForm
  const screen = openScreen({
    out,
    err,
    form,
    yaml: form === 'yaml' ? (await import('yaml')).stringify : undefined,
    colour: out.isTTY === true && flags['no-color'] !== true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb',
    quiet: flags.quiet === true,
  })
  const platform = () => connect(wanted, settings, env)
  return (await command.run({ args, flags, platform, wanted, screen, settings, env, folder, signal })) ?? exitCodes.done
}

/** What a person is told of a failure. A fault of ours shows where it was. */
async function explain(
  error: unknown,
): Promise<{ readonly message: string; readonly hint?: string | undefined; readonly exitCode: number }> {
  if (error instanceof CommandError) return error
  const { DaytonaError } = await import('@sandyard/sdk')
  if (error instanceof DaytonaError) {
    return { message: error.message, hint: error.hint, exitCode: exitCodeOf(error.statusCode) }
  }
  return {
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    exitCode: exitCodes.failed,
  }
}

function exitCodeOf(status: number | undefined): number {
  if (status === undefined) return exitCodes.unreachable
  if (status === 404) return exitCodes.notFound
  if (status === 401 || status === 403) return exitCodes.notAllowed
  if (status === 409) return exitCodes.conflict
  return status === 408 || status === 504 ? exitCodes.timedOut : exitCodes.failed
}
