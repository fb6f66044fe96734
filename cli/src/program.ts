import { commands } from './commands.ts'
import { exitCodes } from './exit-codes.ts'
import { runLine } from './run-line.ts'

/** Runs the command line of this process and leaves its exit code. */
export async function runProgram(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const stop = new AbortController()
  const onSignal = (): void => {
    // who asks twice does not want to wait for what is tidied up
    if (stop.signal.aborted) process.exit(exitCodes.interrupted)
    stop.abort()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  // who reads our output may leave: `sandyard list | head -1`
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

  const code = await runLine(commands, process.argv.slice(2), {
    out: process.stdout,
    err: process.stderr,
    env,
    folder: process.cwd(),
    signal: stop.signal,
  })
  // a command that was broken off has timers and connections still
  if (stop.signal.aborted) process.exit(code)
  process.exitCode = code
}
