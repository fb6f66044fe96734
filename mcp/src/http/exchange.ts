import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { limits } from '@sandyard/protocol'
import type { RequestRoom } from './room.ts'

/** Why a body was not read: status and message of the answer. */
export interface BodyRefusal {
  readonly status: number
  readonly message: string
}

/** The JSON of a request, or why there is none. Its size, its room and the time it may take are bounded. */
export async function readBody(request: IncomingMessage, room: RequestRoom): Promise<{ value: unknown } | BodyRefusal> {
  const tooLarge = { status: 413, message: `The body is larger than ${limits.mcpBodyBytes} bytes` }
  if (Number(request.headers['content-length'] ?? 0) > limits.mcpBodyBytes) return tooLarge
  const chunks: Buffer[] = []
  let size = 0
  const timer = setTimeout(() => request.destroy(), limits.apiBodyMs)
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > limits.mcpBodyBytes) return tooLarge
      if (!room.take(chunk.length)) return { status: 503, message: 'Too much is sent at a time: try again' }
      chunks.push(chunk)
    }
    return { value: JSON.parse(Buffer.concat(chunks).toString('utf8')) }
  } catch {
    return { status: 400, message: 'The body is not JSON, or did not come whole' }
  } finally {
    clearTimeout(timer)
  }
}

/** The head of a request as the web has it; the signal fires when its caller is gone before the answer was sent. */
export function toWebRequest(request: IncomingMessage, response: ServerResponse, site: string): Request {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    if (name.startsWith(':') || value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) headers.append(name, one)
  }
  return new Request(new URL(request.url ?? '/', site), {
    method: request.method ?? 'GET',
    headers,
    signal: gone.signal,
  })
}

/**
 * Sends an answer of the web; a stream as its caller takes it, and no further once the caller is gone.
 * @param unreadMs a caller that takes nothing of its answer for so long is let go: it would keep the place of another
 */
export async function sendResponse(
  response: ServerResponse,
  answer: Response,
  unreadMs: number = limits.mcpUnreadMs,
): Promise<void> {
  response.writeHead(answer.status, Object.fromEntries(answer.headers))
  if (answer.body === null) {
    response.end()
    return
  }
  const reader = answer.body.getReader()
  response.once('close', () => void reader.cancel().catch(() => {}))
  // a stream without a first event is to be seen as open all the same
  response.flushHeaders()
  for (let next = await reader.read(); next.done !== true; next = await reader.read()) {
    if (response.destroyed) return
    if (!response.write(next.value)) await drained(response, unreadMs)
  }
  response.end()
}

/** Settles when there is room again, or the caller is gone. */
async function drained(response: ServerResponse, unreadMs: number): Promise<void> {
  const settled = new AbortController()
  const { signal } = settled
  // Node closes the connection, unless some bytes of a long piece have left since it last looked.
  response.setTimeout(unreadMs)
  try {
    await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })])
  } finally {
    response.setTimeout(0)
    settled.abort()
  }
}

/** Refuses a request in the form of the protocol. */
export function refuse(
  response: ServerResponse,
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const body = JSON.stringify({ jsonrpc: '2.0', error: { code: -32_000, message }, id: null })
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close', ...headers })
  response.end(body)
}
