import type { ServerResponse } from 'node:http'
import { PlatformError } from '@sandyard/protocol/errors'

/** Writes a piece of a streamed answer and waits until there is room for the next; throws when the caller has gone. */
export function writeChunk(response: ServerResponse, chunk: string | Buffer): Promise<void> {
  if (response.destroyed) return Promise.reject(new PlatformError('GONE', 'The caller went away'))
  if (response.write(chunk)) return Promise.resolve()
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.once('drain', done)
    response.once('close', done)
  })
}
