import { once } from 'node:events'
import type { ServerResponse } from 'node:http'

/** Writes to a response and waits while its reader is slow; fails when the caller has gone. */
export async function send(response: ServerResponse, bytes: string | Buffer, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  if (!response.write(bytes)) await once(response, 'drain', { signal })
}
