import type { IncomingMessage } from 'node:http'
import { setFlagsFromString } from 'node:v8'

// Chunks that are freed behind still count when the next collection is due, and V8 then marks the whole heap again and
// again: half of the agent's own time during an upload.
setFlagsFromString('--no-concurrent-array-buffer-sweeping')

/** The body of a request as it comes, received a little ahead of its reader, so that neither waits for the other. */
export interface Body {
  /** All that has come since the last call, after waiting for some; null at the end. Rejects when the caller leaves. */
  take(): Promise<Buffer[] | null>
  /** Stops receiving; what has not come yet can be read from the request. */
  release(): void
}

/** Bytes that may lie here unread, and chunks, as a chunk costs memory of its own however short it is. */
const aheadBytes = 1024 * 1024
const aheadChunks = 1024

/**
 * Begins to receive. Listens to the stream's flow instead of pulling chunk by chunk: the socket is stopped and started
 * when the reader has fallen behind, and not for every chunk.
 */
export function openBody(request: IncomingMessage): Body {
  let chunks: Buffer[] = []
  let size = 0
  let failure: Error | undefined
  let wake: (() => void) | undefined

  const notify = (): void => {
    wake?.()
    wake = undefined
  }
  const onData = (chunk: Buffer): void => {
    chunks.push(chunk)
    size += chunk.length
    if (size >= aheadBytes || chunks.length >= aheadChunks) request.pause()
    notify()
  }
  const onError = (error: Error): void => {
    failure = error
    notify()
  }
  const onClose = (): void => {
    if (!request.readableEnded) failure ??= new Error('The caller left before its body ended')
    notify()
  }
  request.on('data', onData).on('end', notify).on('error', onError).on('close', onClose)
  if (request.destroyed && !request.readableEnded) onClose()

  return {
    async take() {
      while (chunks.length === 0) {
        if (request.readableEnded) return null
        if (failure !== undefined) throw failure
        request.resume()
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      const taken = chunks
      chunks = []
      size = 0
      request.resume()
      return taken
    },
    release() {
      request.off('data', onData).off('end', notify).off('close', onClose)
      // An error that comes from now on is the router's, which finds the caller gone.
      request.pause()
      chunks = []
    },
  }
}
