import { PlatformError } from '@sandyard/protocol/errors'
import { checkCwd } from '../processes/cwd.ts'
import type { SandboxEnvironment } from '../processes/environment.ts'
import type { Shell } from '../processes/programs.ts'
import { StartError, type Started, startProcess } from '../processes/start.ts'
import type { Tree } from '../processes/tree.ts'
import type { Tools } from '../tools.ts'
import { openPseudoTerminal, type Screen, type Size } from './pseudo-terminal.ts'

/** What terminals need of the agent. */
export interface TerminalContext {
  readonly workDir: string
  readonly environment: SandboxEnvironment
  readonly tools: Pick<Tools, 'busybox' | 'ptyAddon'>
  /** trees that run now, to be ended with the agent */
  readonly running: Set<Tree>
  chooseShell(variables: Readonly<Record<string, string>>): Shell | null
}

/** Where and with what variables a shell begins. */
export interface ShellPlace {
  /** absolute */
  readonly cwd: string
  readonly envs: Readonly<Record<string, string>>
}

/** A program with its place, behind a terminal. */
export interface TerminalLaunch {
  readonly file: string
  readonly args: readonly string[]
  /** absolute */
  readonly cwd: string
  readonly variables: Readonly<Record<string, string>>
  /** arguments of `stty` */
  readonly modes: readonly string[]
}

/**
 * Run by a shell of ours ahead of the program: `$0` finds `stty` and `setsid`, the first argument is for `stty`, and the
 * others are the program. It says that characters are UTF-8, so that one backspace takes one, and makes the terminal the
 * controlling one.
 */
const takeTerminal = 'set -f; "$0" stty iutf8 $1; shift; exec "$0" setsid -c "$@"'

/**
 * Starts a login shell behind a fresh pseudo terminal.
 * Throws BAD_REQUEST for a wrong folder, UNPROCESSABLE_ENTITY for an image without a shell or one that does not start,
 * SERVICE_UNAVAILABLE when the sandbox has no room.
 */
export async function startShell(
  context: TerminalContext,
  { cwd, envs }: ShellPlace,
  size: Size,
): Promise<{ screen: Screen; started: Started }> {
  const variables = { ...context.environment.read(), ...envs }
  const shell = context.chooseShell(variables)
  if (shell === null) throw new PlatformError('UNPROCESSABLE_ENTITY', 'This image has no shell to open a terminal with')
  checkCwd(cwd)
  try {
    return await startBehindTerminal(context, { file: shell.path, args: ['-i', '-l'], cwd, variables, modes: [] }, size)
  } catch (thrown) {
    if (thrown instanceof StartError) throw new PlatformError('UNPROCESSABLE_ENTITY', thrown.message, { cause: thrown })
    throw thrown
  }
}

/** Starts a program behind a fresh pseudo terminal. Throws as `startProcess` and `openPseudoTerminal` do. */
export async function startBehindTerminal(
  context: Pick<TerminalContext, 'tools'>,
  { file: program, args: rest, cwd, variables, modes }: TerminalLaunch,
  size: Size,
): Promise<{ screen: Screen; started: Started }> {
  const { busybox, ptyAddon } = context.tools
  const [file, ...first] = busybox === null ? ['/bin/sh'] : [busybox, 'sh']
  const args = [...first, '-c', takeTerminal, busybox ?? 'env', modes.join(' '), program, ...rest]
  const { screen, programSide } = openPseudoTerminal(ptyAddon, size)
  const { fd } = programSide
  try {
    const launch = { file: file ?? '', args, cwd, variables, stdio: [fd, fd, fd], beginsSession: true }
    return { screen, started: await startProcess(launch) }
  } catch (thrown) {
    screen.close()
    throw thrown
  } finally {
    programSide.close()
  }
}
