import type { Daytona, LogChunk, Sandbox } from '@sandyard/sdk'
import { defineCommand } from '../../command.ts'
import { CommandError, exitCodes, usageError } from '../../exit-codes.ts'
import type { Screen } from '../../screen.ts'
import { sandboxArgument } from '../sandbox/arguments.ts'

export const logs = defineCommand({
  path: ['logs'],
  summary: "Show the log of a sandbox: its image's own program, a session's command, or its build",
  args: { sandbox: sandboxArgument },
  flags: {
    follow: { type: 'switch', short: 'f', doc: 'go on as it grows' },
    session: { type: 'text', short: 's', value: 'ID', doc: 'of this session, default the image’s own program' },
    command: { type: 'text', short: 'c', value: 'ID', doc: 'of this command of the session, default its last one' },
    build: { type: 'switch', doc: 'of the making of its snapshot' },
  },
  examples: [
    { does: 'what the image runs', line: 'sandyard logs box -f' },
    { does: 'a command that was left running', line: 'sandyard logs box --session web -f' },
  ],
  async run({ args, flags, platform, screen, signal }) {
    if (flags.build && flags.session !== undefined) throw usageError('--build and --session do not go together')
    if (flags.command !== undefined && flags.session === undefined) throw usageError('--command goes with --session')
    const place = await platform()
    const sandbox = await place.get(args.sandbox)
    if (flags.build) await printBuild(place, sandbox, flags.follow, screen, signal)
    else if (flags.session !== undefined)
      await printSession(sandbox, { ...flags, session: flags.session }, screen, signal)
    else await printEntrypoint(sandbox, flags.follow, screen, signal)
    return undefined
  },
})

/** Prints a log, each piece on the stream it came from. */
export async function printLog(log: Iterable<LogChunk> | AsyncIterable<LogChunk>, screen: Screen): Promise<void> {
  for await (const { stream, text } of log) {
    if (text === '') continue
    if (stream === 'stdout') await screen.write(text)
    else await new Promise<void>((resolve) => process.stderr.write(text, () => resolve()))
  }
}

async function printSession(
  sandbox: Sandbox,
  flags: { readonly session: string; readonly command: string | undefined; readonly follow: boolean },
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  const inside = sandbox.process
  const commandId = flags.command ?? (await inside.getSession(flags.session)).commands.at(-1)?.id
  if (commandId === undefined) throw new CommandError(`session ${flags.session} has run no command yet`)
  if (flags.follow) return await printLog(inside.followSessionCommandLogs(flags.session, commandId, signal), screen)
  const { stdout, stderr } = await inside.getSessionCommandLogs(flags.session, commandId)
  await printLog(
    [
      { stream: 'stdout', text: stdout },
      { stream: 'stderr', text: stderr },
    ],
    screen,
  )
}

async function printEntrypoint(sandbox: Sandbox, follows: boolean, screen: Screen, signal: AbortSignal): Promise<void> {
  const { DaytonaError } = await import('@sandyard/sdk')
  try {
    if (!follows) {
      const { stdout, stderr } = await sandbox.process.getEntrypointLogs()
      await printLog(
        [
          { stream: 'stdout', text: stdout },
          { stream: 'stderr', text: stderr },
        ],
        screen,
      )
      return
    }
    let order: Promise<void> = Promise.resolve()
    const add = (stream: LogChunk['stream']) => (text: string) => {
      order = order.then(() => printLog([{ stream, text }], screen))
    }
    await sandbox.process.getEntrypointLogs(add('stdout'), add('stderr'), signal)
    await order
  } catch (error) {
    if (!(error instanceof DaytonaError) || error.statusCode !== 404) throw error
    throw new CommandError(
      `${sandbox.name} runs no program of its image`,
      exitCodes.notFound,
      `sandyard session list ${sandbox.name} shows what else has a log`,
    )
  }
}

async function printBuild(
  platform: Daytona,
  sandbox: Sandbox,
  follow: boolean,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  const stream = await platform.client.call(
    'getBuildLogs',
    { params: { sandboxIdOrName: sandbox.id }, query: { follow } },
    { signal },
  )
  for await (const bytes of stream) await screen.write(bytes)
}
