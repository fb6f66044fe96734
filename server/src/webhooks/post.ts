import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { isPlatformError, limits } from '@sandyard/protocol'
import type { Destinations } from './destination.ts'

/** Time after the head of an answer in which its body is still waited for, ms. */
const bodyMs = 2000
/** Open connections without work, in all. */
const idleConnections = 64

/** What came of sending one message. */
export interface PostOutcome {
  /** HTTP status; null when there was no answer */
  readonly status: number | null
  /** begin of the answer's body */
  readonly excerpt: string
  /** why there was none, for people */
  readonly error: string | null
}

/** Sends messages. */
export interface Post {
  (url: string, headers: Readonly<Record<string, string>>, body: string): Promise<PostOutcome>
  close(): void
}

/** Makes the sender. It follows no redirect, waits for no more than the limit, and never rejects. */
export function createPost(destinations: Destinations, answerMs: number = limits.webhookAnswerMs): Post {
  const options = { keepAlive: true, maxFreeSockets: 32, timeout: 5000, scheduling: 'lifo' } as const
  const agents = { 'http:': new HttpAgent(options), 'https:': new HttpsAgent(options) }

  function send(url: URL, headers: Readonly<Record<string, string>>, body: string): Promise<PostOutcome> {
    const isSecure = url.protocol === 'https:'
    const agent = agents[isSecure ? 'https:' : 'http:']
    const signal = AbortSignal.timeout(answerMs)
    return new Promise((resolve) => {
      const request = (isSecure ? requestHttps : requestHttp)(url, {
        method: 'POST',
        agent,
        lookup: destinations.lookup,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        maxHeaderSize: 16 * 1024,
        signal,
      })
      let hasAnswered = false
      request.on('response', (response) => {
        hasAnswered = true
        void readExcerpt(response, signal).then((excerpt) =>
          resolve({ status: response.statusCode ?? null, excerpt, error: null }),
        )
      })
      request.on('error', (error: NodeJS.ErrnoException) => {
        // Then the status is known, and what came of the body is told.
        if (hasAnswered) return
        // The receiver has closed a kept connection just when it was used again: nothing of the message was read.
        if (request.reusedSocket && error.code === 'ECONNRESET' && !signal.aborted) {
          resolve(send(url, headers, body))
        } else {
          resolve({ status: null, excerpt: '', error: describe(error, signal, answerMs) })
        }
      })
      request.end(body)
    })
  }

  async function post(text: string, headers: Readonly<Record<string, string>>, body: string): Promise<PostOutcome> {
    trim(agents['http:'])
    trim(agents['https:'])
    try {
      return await send(destinations.checkUrl(text), headers, body)
    } catch (error) {
      return { status: null, excerpt: '', error: isPlatformError(error) ? error.message : 'It cannot be sent' }
    }
  }
  return Object.assign(post, {
    close() {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  })
}

/** The begin of a body as text that can be shown; the rest is read if it is short, else the connection ends. */
async function readExcerpt(response: IncomingMessage, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  const late = setTimeout(() => response.destroy(), bodyMs)
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (size < 4 * limits.webhookExcerptLength) chunks.push(chunk)
      size += chunk.length
      if (size > 64 * 1024 || signal.aborted) break
    }
  } catch {
    // It has answered: what counts is the status, whatever became of the body.
  } finally {
    clearTimeout(late)
    response.destroy()
  }
  const text = Buffer.concat(chunks).toString('utf8').slice(0, limits.webhookExcerptLength)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '\ufffd')
}

function describe(error: NodeJS.ErrnoException, signal: AbortSignal, answerMs: number): string {
  if (signal.aborted) return `No answer within ${answerMs / 1000} s`
  if (isPlatformError(error)) return error.message
  const cause = error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException) : error
  return `Not reached: ${cause.code ?? cause.message}`.slice(0, 300)
}

/** Lets go of the oldest free connections when there are many destinations. */
function trim(agent: HttpAgent): void {
  const free = Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? [])
  for (const socket of free.slice(0, Math.max(0, free.length - idleConnections))) socket.destroy()
}
