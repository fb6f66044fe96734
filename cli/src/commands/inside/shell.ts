import type { PtyHandle, Sandbox } from '@sandyard/sdk'
import { defineCommand } from '../../command.ts'
import { CommandError, exitCodes, usageError } from '../../exit-codes.ts'
import { hasTerminal, takeTerminal } from '../../inside/raw-terminal.ts'
import { sandboxArgument } from '../sandbox/arguments.ts'

export const shell = defineCommand({
  path: ['shell'],
  aliases: ['sh'],
  summary: 'Open a shell in a sandbox, in this terminal',
  more: 'Enter, `~`, `.` leaves it: its programs go on, and `--session` comes back to them. So it is when the connection breaks. It ends with the exit code of the shell.',
  args: { sandbox: sandboxArgument },
  flags: {
    session: { type: 'text', value: 'ID', doc: 'come back to this terminal, or make it under this name' },
    cwd: { type: 'text', short: 'w', value: 'FOLDER', doc: 'folder to begin in, default the work dir' },
    env: { type: 'pairs', short: 'e', value: 'NAME=VALUE', doc: 'variable of the shell' },
  },
  examples: [
    { does: 'a shell', line: 'sandyard shell box' },
    { does: 'one to come back to', line: 'sandyard shell box --session work' },
  ],
  cleansUp: true,
  async run({ args, flags, platform, screen, env, signal }) {
    if (!hasTerminal()) throw usageError('a shell needs a terminal', `sandyard exec ${args.sandbox} -- COMMAND`)
    const sandbox = await (await platform()).get(args.sandbox)
    const id = flags.session ?? `shell-${crypto.randomUUID().slice(0, 8)}`
    let handle: PtyHandle | null = null
    let hasLeft = false
    const leave = (): void => {
      hasLeft = true
      void handle?.disconnect()
    }
    const terminal = takeTerminal(env, {
      onKeys: (bytes) => void handle?.sendInput(bytes).catch(() => {}),
      onResize: ({ cols, rows }) => void handle?.resize(cols, rows).catch(() => {}),
      onLeave: leave,
    })
    let isBroken = true
    let result: { readonly exitCode?: number; readonly error?: string } = {}
    signal.addEventListener('abort', leave, { once: true })
    try {
      const { cols, rows } = terminal.size
      handle = await open(sandbox, id, {
        cols,
        rows,
        envs: { TERM: terminal.name, ...flags.env },
        ...(flags.cwd === undefined ? {} : { cwd: flags.cwd }),
        signal,
        onData: terminal.show,
      })
      // the window may have changed its size meanwhile, and one that is come back to has the size of then
      await handle.resize(process.stdout.columns ?? cols, process.stdout.rows ?? rows).catch(() => {})
      result = await handle.wait()
      isBroken = result.exitCode === undefined
    } finally {
      signal.removeEventListener('abort', leave)
      terminal.restore(isBroken)
      // Nobody comes back to a terminal whose window was closed.
      if (signal.aborted && flags.session === undefined) await handle?.kill().catch(() => {})
    }
    if (result.exitCode !== undefined) return result.exitCode
    if (signal.aborted) return exitCodes.interrupted
    const back = `sandyard shell ${sandbox.name} --session ${id}`
    if (!hasLeft) throw new CommandError('the connection broke', exitCodes.unreachable, `${back} comes back`)
    screen.note(`\nLeft it running; ${back} comes back.`)
    return undefined
  },
})

/** Makes the terminal, or comes back to it. */
async function open(
  sandbox: Sandbox,
  id: string,
  options: NonNullable<Parameters<Sandbox['process']['createPty']>[0]>,
): Promise<PtyHandle> {
  const { DaytonaError } = await import('@sandyard/sdk')
  try {
    return await sandbox.process.createPty({ ...options, id })
  } catch (error) {
    if (!(error instanceof DaytonaError) || error.statusCode !== 409) throw error
    const { onData, signal } = options
    return await sandbox.process.connectPty(id, {
      replay: true,
      ...(onData === undefined ? {} : { onData }),
      ...(signal === undefined ? {} : { signal }),
    })
  }
}
