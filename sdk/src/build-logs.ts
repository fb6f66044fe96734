import type { Client } from './client.ts'
import { pause } from './deadline.ts'
import { DaytonaError } from './errors.ts'

/** Tells a build's log, as it grows, piece by piece and in its order, until it has ended. */
export async function followBuildLogs(
  read: () => Promise<ReadableStream<Uint8Array>>,
  onLogs: (chunk: string) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const decoder = new TextDecoder()
      const reader = (await read()).getReader()
      const stop = (): void => void reader.cancel().catch(() => {})
      signal.addEventListener('abort', stop, { once: true })
      try {
        for (let next = await reader.read(); next.done !== true; next = await reader.read())
          onLogs(decoder.decode(next.value, { stream: true }))
      } finally {
        signal.removeEventListener('abort', stop)
      }
      return
    } catch (error) {
      // There is no log before the build has begun.
      if (!(error instanceof DaytonaError && error.statusCode === 404)) throw error
      await pause(500, signal).catch(() => {})
    }
  }
}

/** The log of what a sandbox was built from. */
export function sandboxBuildLogs(client: Client, id: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  return client.call('getBuildLogs', { params: { sandboxIdOrName: id }, query: { follow: true } }, { signal })
}

/** The log of the making of a snapshot. */
export function snapshotBuildLogs(
  client: Client,
  id: string,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  return client.call('getSnapshotBuildLogs', { params: { id }, query: { follow: true } }, { signal })
}
