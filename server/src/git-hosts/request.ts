import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isPlatformError } from '@sandyard/protocol'
import type { Destinations } from '../webhooks/destination.ts'

/** Longest time until an answer of a git host is there, ms. */
const usualAnswerMs = 15_000
/** Largest answer that is read, bytes: a page of a hundred comments, each as long as one may be, is less. */
const mostBytes = 8 * 1024 * 1024

/** A call of a git host's API. */
export interface GitRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** sent as JSON */
  readonly body?: unknown
}

/** What a git host has answered. */
export interface GitAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** undefined where it is no JSON */
  readonly body: unknown
}

/** Calls git hosts. Throws NotReached, and no other error. */
export type SendToGitHost = (request: GitRequest) => Promise<GitAnswer>

/** There was no answer; the message is for people. */
export class NotReached extends Error {
  override readonly name = 'NotReached'
  /** the platform may not call there */
  get isRefused(): boolean {
    return isPlatformError(this.cause)
  }
}

/**
 * Makes the sender. The address that is connected to is checked, redirects are not followed: whatever a git host or a name
 * server says, a token goes to the address of the API and nowhere else.
 */
export function createSendToGitHost(
  destinations: Pick<Destinations, 'checkUrl' | 'lookup'>,
  answerMs: number = usualAnswerMs,
): SendToGitHost {
  return async ({ method, url: text, headers, body }) => {
    const signal = AbortSignal.timeout(answerMs)
    try {
      const url = destinations.checkUrl(text)
      const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
      const sent = bytes === undefined ? {} : { 'content-type': 'application/json', 'content-length': bytes.length }
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
          method,
          headers: { ...headers, ...sent },
          lookup: destinations.lookup,
          agent: false,
          maxHeaderSize: 32 * 1024,
          signal,
        })
        request.on('response', resolve)
        request.on('error', reject)
        request.end(bytes)
      })
      const read = await readAll(response)
      return { status: response.statusCode ?? 0, headers: response.headers, body: parse(read) }
    } catch (error) {
      throw new NotReached(signal.aborted ? `no answer within ${answerMs / 1000} s` : describe(error), { cause: error })
    }
  }
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > mostBytes) {
      response.destroy()
      throw new NotReached('its answer is too large')
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function describe(error: unknown): string {
  if (error instanceof NotReached || isPlatformError(error)) return error.message
  const cause = error instanceof AggregateError ? error.errors[0] : error
  const { code, message } = cause as NodeJS.ErrnoException
  return `not reached: ${code ?? message}`.slice(0, 300)
}
