import type { IncomingMessage } from 'node:http'

const formBytes = 8 * 1024
const formMs = 10_000

/** Reads a posted form; null for what is too large, too slow or no form. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams | null> {
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '')) return null
  // Of a body that there is not, no end is told.
  if (request.readableEnded) return new URLSearchParams('')
  const { promise, resolve } = Promise.withResolvers<string | null>()
  let text = ''
  const timer = setTimeout(() => resolve(null), formMs)
  request.setEncoding('utf8')
  request.on('data', (chunk: string) => {
    if (text.length <= formBytes) text += chunk
    if (text.length > formBytes) resolve(null)
  })
  request.once('end', () => resolve(text))
  request.once('error', () => resolve(null))
  request.once('close', () => resolve(null))
  try {
    const whole = await promise
    return whole === null ? null : new URLSearchParams(whole)
  } finally {
    clearTimeout(timer)
  }
}
