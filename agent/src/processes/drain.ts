import type { Readable } from 'node:stream'

/**
 * Waits until streams have ended, or brought nothing for `quietMs`, or `limitMs` have passed:
 * what a finished program wrote has then been read, though a child it left behind may keep them open.
 */
export function drained(streams: readonly Readable[], quietMs: number, limitMs: number): Promise<void> {
  const open = new Set(streams.filter((stream) => !stream.closed && !stream.readableEnded))
  if (open.size === 0) return Promise.resolve()
  return new Promise((resolve) => {
    let pieces = 0
    const quiet = setTimeout(() => {
      const before = pieces
      afterReading(() => {
        if (pieces === before) done()
        else quiet.refresh()
      })
    }, quietMs)
    const limit = setTimeout(() => afterReading(done), limitMs)
    const onData = () => {
      pieces++
      quiet.refresh()
    }
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

/**
 * Calls back when what lies in the pipes has been read. On a busy machine this process may not run for longer than a
 * timer takes, and timers come before reading: the time is over then, and nothing was even looked for.
 */
function afterReading(callback: () => void): void {
  setImmediate(callback)
}
