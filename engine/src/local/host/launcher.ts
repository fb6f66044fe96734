import type { FromLauncher, ToLauncher } from './launch.ts'
import { runHere } from './run-here.ts'

// A program of the platform's that starts others for it, see launch.ts. It ends with the platform and not before: signals
// for the whole group are the platform's to answer.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {})
process.on('disconnect', () => process.exit())

const platform = process.ppid
const running = new Map<number, AbortController>()

/** A socket as it comes over the channel. */
interface Handle {
  readonly fd: number
  close(): void
}

process.on('message', (message: ToLauncher, handle?: unknown) => {
  if (message.kind === 'kill') running.get(message.id)?.abort()
  else void answer(message, handle as Handle | undefined)
})

async function answer(message: Extract<ToLauncher, { kind: 'run' }>, handle: Handle | undefined): Promise<void> {
  const { id, program, args, ...options } = message
  // What a dead platform has left in the channel is nobody's wish any more.
  if (process.ppid !== platform) process.exit()
  const abort = new AbortController()
  running.set(id, abort)
  try {
    const extra = handle === undefined ? {} : { extraFd: handle.fd }
    tell({ id, result: await runHere(program, args, { ...options, ...extra, signal: abort.signal }) })
  } catch (fault) {
    const { message: text, code } = fault as NodeJS.ErrnoException
    tell({ id, fault: { message: text, code } })
  } finally {
    handle?.close()
    running.delete(id)
  }
}

function tell(message: FromLauncher): void {
  // Nobody is there any more to hear it: `disconnect` follows.
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}
