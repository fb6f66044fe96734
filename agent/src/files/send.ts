import { once } from 'node:events'
import type { ServerResponse } from 'node:http'

/** Where bytes go. */
export interface Receiver {
  readonly response: ServerResponse
  /** aborted when the caller has gone */
  readonly signal: AbortSignal
}

/** Writes to a response and waits while its reader is slow; fails when the caller has gone. */
export async function send({ response, signal }: Receiver, bytes: string | Buffer): Promise<void> {
  signal.throwIfAborted()
  if (!response.write(bytes)) await once(response, 'drain', { signal })
}
