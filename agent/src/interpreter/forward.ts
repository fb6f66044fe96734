import type { Tap } from './output-pipe.ts'

/** A line that is not complete yet waits so long for its rest, ms, and is sent at once from so many characters on. */
const lineMs = 5
const lineLength = 1024

/**
 * Sends what a run writes to one stream, as text, to its end: lines as soon as they are complete, a prompt a moment
 * later. Reads on only when `send` has settled. Bytes that are not UTF-8 become U+FFFD.
 */
export async function forward(tap: Tap, send: (text: string) => Promise<void>): Promise<void> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let held = ''
  let heldSince = 0
  for (;;) {
    const isLast = tap.isSealed
    const bytes = tap.read()
    if (bytes !== null) {
      if (held === '') heldSince = performance.now()
      held += decoder.decode(bytes, { stream: true })
      const end = held.length >= lineLength ? held.length : held.lastIndexOf('\n') + 1
      const text = held.slice(0, end)
      held = held.slice(end)
      if (text !== '') heldSince = performance.now()
      if (text !== '') await send(text)
      continue
    }
    if (isLast) break
    const waitMs = heldSince + lineMs - performance.now()
    if (held === '') await tap.more()
    else if (waitMs > 0) await tap.more(waitMs)
    else {
      await send(held)
      held = ''
    }
  }
  held += decoder.decode()
  if (held !== '') await send(held)
}
