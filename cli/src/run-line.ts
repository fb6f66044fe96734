import type { Command } from './command.ts'
import { connect } from './connect.ts'
import { exitCodes } from './exit-codes.ts'
import { explain } from './explain.ts'
import { commandHelp, groupHelp } from './help.ts'
import { untilInterrupted } from './interrupt.ts'
import { type Parsed, parse } from './parse.ts'
import { cleanLines, type OutputForm, openScreen } from './screen.ts'
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
    const code = await runCommand(parsed, outside)
    // the prompt comes below the `^C` that the terminal shows
    if (signal.aborted && err.isTTY === true) err.write('\n')
    return code
  } catch (error) {
    if (signal.aborted) {
      if (err.isTTY === true) err.write('\r\x1b[K')
      return exitCodes.interrupted
    }
    const { message, hint, exitCode } = await explain(error)
    err.write(`sandyard: ${cleanLines(message)}\n`)
    if (hint !== undefined) err.write(`  ${cleanLines(hint)}\n`)
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
  const running = command.run({ args, flags, platform, wanted, screen, settings, env, folder, signal })
  return (await (command.cleansUp === true ? running : untilInterrupted(running, signal))) ?? exitCodes.done
}
