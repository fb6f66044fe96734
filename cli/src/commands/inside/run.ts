import type { CreateSandboxParams, Daytona, Sandbox } from '@sandyard/sdk'
import { defineCommand } from '../../command.ts'
import { CommandError, exitCodes, usageError } from '../../exit-codes.ts'
import { execLine } from '../../inside/quote.ts'
import { hasTerminal } from '../../inside/raw-terminal.ts'
import { runInside } from '../../inside/run-inside.ts'
import { untilInterrupted } from '../../interrupt.ts'
import type { Screen } from '../../screen.ts'
import { startFailure } from '../sandbox/start-failure.ts'

/** A sandbox whose owner was killed goes after so many minutes without use. */
const orphanMinutes = 5

export const run = defineCommand({
  path: ['run'],
  summary: 'Run a command in a sandbox made for it, which is deleted at its end',
  more: 'The sandbox is made from a snapshot of that name, or else from the image; when nothing stands before `--`, from the platform’s own snapshot. On a terminal the command has one, and without a command it is a shell. Ctrl-C deletes the sandbox, too.',
  args: {
    from: {
      count: 'optional',
      doc: 'snapshot, or image of a registry; default is the platform’s own',
      completes: 'snapshot',
    },
    command: { count: 'rest', doc: 'program and its words, default a shell' },
  },
  flags: {
    keep: { type: 'switch', doc: 'leave the sandbox at the end' },
    name: { type: 'text', value: 'NAME', doc: 'name of the sandbox' },
    cwd: { type: 'text', short: 'w', value: 'FOLDER', doc: 'folder to run in, default the work dir' },
    env: { type: 'pairs', short: 'e', value: 'NAME=VALUE', doc: 'variable of all that runs in it' },
    cpu: { type: 'number', value: 'CORES', min: 0, doc: 'cores' },
    memory: { type: 'number', value: 'GIB', min: 0, doc: 'memory in GiB' },
    disk: { type: 'number', value: 'GIB', min: 0, doc: 'disk in GiB' },
    timeout: { type: 'number', value: 'SECONDS', min: 0, doc: 'end the command after so long, with code 124' },
    'start-timeout': { type: 'number', value: 'SECONDS', min: 0, doc: 'longest wait for the sandbox, default 600' },
    'no-tty': { type: 'switch', doc: 'give it no terminal' },
    'network-block-all': { type: 'switch', doc: 'it reaches nothing outside' },
  },
  examples: [
    { does: 'a shell to try things in', line: 'sandyard run' },
    { does: 'one command', line: 'sandyard run -- uname -a' },
    { does: 'a script on an image', line: 'sandyard run python:3.13 -- python - < script.py' },
    { does: 'and look at what it left', line: 'sandyard run --keep --name after -- make test' },
  ],
  cleansUp: true,
  async run({ args, flags, platform, screen, env, signal }) {
    const isTerminal = hasTerminal() && !flags['no-tty']
    if (args.command.length === 0 && !isTerminal)
      throw usageError('run needs a COMMAND where there is no terminal', 'sandyard run -- ls')
    const place = await platform()
    const sandbox = await make(
      place,
      {
        ...(await sourceOf(place, args.from)),
        name: flags.name,
        env: { ...flags.env },
        cpu: flags.cpu,
        memory: flags.memory,
        disk: flags.disk,
        ...(flags['network-block-all'] ? { networkBlockAll: true } : {}),
        ...(flags.keep ? {} : { ephemeral: true, autoStopInterval: orphanMinutes }),
      },
      { screen, signal, timeout: flags['start-timeout'] ?? 600 },
    )
    try {
      const { cwd, timeout } = flags
      const command = args.command.length === 0 ? '' : execLine(args.command)
      const plan = {
        command,
        cwd,
        env: {},
        timeout,
        isTerminal,
        takesInput: process.stdin.isTTY !== true,
        isLeftBehind: true,
      }
      return await runInside(sandbox, plan, { screen, env, signal })
    } finally {
      if (flags.keep) screen.note(`${sandbox.name} is kept: sandyard shell ${sandbox.name}`)
      else await sandbox[Symbol.asyncDispose]()
    }
  },
})

/** A snapshot of that name; else the name is an image's. */
async function sourceOf(platform: Daytona, name = 'default'): Promise<CreateSandboxParams> {
  if (name === 'default') return {}
  const { DaytonaError } = await import('@sandyard/sdk')
  try {
    return { snapshot: (await platform.snapshot.get(name)).name }
  } catch (error) {
    if (error instanceof DaytonaError && (error.statusCode === 404 || error.statusCode === 400)) return { image: name }
    throw error
  }
}

/** For whoever has left out what the command runs in. */
function hintOn(image: CreateSandboxParams['image']): string | undefined {
  if (typeof image !== 'string' || /[/:@]/.test(image)) return undefined
  return `${image} was taken for an image; in the platform’s own snapshot: sandyard run -- COMMAND`
}

/** Makes the sandbox; one that is interrupted is deleted as soon as the platform tells of it. */
async function make(
  platform: Daytona,
  params: CreateSandboxParams,
  { screen, signal, timeout }: { screen: Screen; signal: AbortSignal; timeout: number },
): Promise<Sandbox> {
  const progress = screen.progress('Making a sandbox')
  const made: { sandbox?: Sandbox } = {}
  const making = platform.create(params, {
    timeout,
    onState: (sandbox) => {
      made.sandbox = sandbox
      progress.change(`Making a sandbox: ${sandbox.state.replaceAll('_', ' ')}`)
    },
  })
  try {
    return await untilInterrupted(making, signal)
  } catch (error) {
    const orphan = made.sandbox ?? (signal.aborted ? await making.catch(() => made.sandbox) : undefined)
    // before it is deleted, which it tells instead then
    const failure = startFailure(error, orphan, params.image, hintOn(params.image))
    if (signal.aborted) progress.change('Taking it back')
    await orphan?.[Symbol.asyncDispose]()
    if (signal.aborted) throw new CommandError('interrupted', exitCodes.interrupted)
    throw failure
  } finally {
    progress.end()
  }
}
