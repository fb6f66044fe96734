import type { Readable } from 'node:stream'

/**
 * Waits until streams have ended, or brought nothing for `quietMs`, or `limitMs` have passed:
 * what a finished program wrote has then been read, though a child it left behind may keep them open.
 */
export function drained(streams: readonly Readable[], quietMs: number, limitMs: number): Promise<void> {
  const open = new Set(streams.filter((stream) => !stream.closed && !stream.readableEnded))
  if (open.size === 0) return Promise.resolve()
  return new Promise((resolve) => {
    const quiet = setTimeout(done, quietMs)
    const limit = setTimeout(done, limitMs)
    const onData = () => quiet.refresh()
    const onEnd = new Map([...open].map((stream) => [stream, () => ended(stream)]))
    for (const [stream, listener] of onEnd) {
      stream.on('data', onData)
      stream.once('end', listener)
      stream.once('close', listener)
    }
    function ended(stream: Readable): void {
      open.delete(stream)
      if (open.size === 0) done()
    }
    function done(): void {
      clearTimeout(quiet)
      clearTimeout(limit)
      for (const [stream, listener] of onEnd) {
        stream.off('data', onData)
        stream.off('end', listener)
        stream.off('close', listener)
      }
      resolve()
    }
  })
}
