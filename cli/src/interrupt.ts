import { CommandError, exitCodes } from './exit-codes.ts'

/** Waits for the work, but no longer than until the signal aborts; then it fails with the code of an interruption. */
export async function untilInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => {}
  const interrupted = new Promise<never>((_, reject) => {
    stop = () => reject(new CommandError('interrupted', exitCodes.interrupted))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, interrupted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
