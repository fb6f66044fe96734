import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { isPlatformError } from '@sandyard/protocol'

const answerMs = 500
const answerBytes = 64 * 1024
const portCount = 20

/** Ports inside that something listens on, lowest first and not more than a page shows; none when the agent is busy. */
export async function listeningPorts(dial: () => Promise<Duplex>): Promise<number[]> {
  try {
    const body: unknown = JSON.parse(await get(await dial()))
    if (typeof body !== 'object' || body === null || !('ports' in body) || !Array.isArray(body.ports)) return []
    const ports: unknown[] = body.ports
    return ports
      .filter(isPort)
      .sort((a, b) => a - b)
      .slice(0, portCount)
  } catch {
    return [] // it was to help a reader, and its own failure would not
  }
}

function get(stream: Duplex): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const sent = httpRequest(
    { createConnection: () => stream, path: '/port', headers: { host: 'localhost' } },
    (answer) => {
      collect(answer).then(resolve, reject)
    },
  )
  const timer = setTimeout(() => sent.destroy(new Error('the agent did not tell its ports in time')), answerMs)
  sent.once('error', reject)
  sent.once('close', () => clearTimeout(timer))
  sent.end()
  return promise
}

async function collect(answer: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of answer.setEncoding('utf8')) {
    text += chunk
    if (text.length > answerBytes) throw new Error('the list of ports is too long')
  }
  return text
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) <= 65_535
}

/**
 * Waits until something takes connections, at most for so long; what then comes is told by whoever connects. `false` when
 * nothing listens after all.
 */
export async function untilListens(
  open: () => Promise<Duplex>,
  { ms, signal }: { readonly ms: number; readonly signal: AbortSignal },
): Promise<boolean> {
  const endMs = performance.now() + ms
  for (let pauseMs = 50; performance.now() < endMs && !signal.aborted; pauseMs = Math.min(pauseMs * 2, 500)) {
    try {
      const stream = await open()
      stream.destroy()
      return true
    } catch (error) {
      if (!isPlatformError(error) || error.code !== 'BAD_GATEWAY') return true
    }
    await pause(pauseMs)
  }
  return false
}
