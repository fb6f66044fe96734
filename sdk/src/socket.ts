import { DaytonaConnectionError, DaytonaConnectionTimeoutError, DaytonaError } from './errors.ts'
import { isBrowser } from './runtime.ts'
import { createSettling } from './settle.ts'

/** How a connection ended. */
export interface SocketEnd {
  readonly code: number
  readonly reason: string
}

/** An open connection. */
export interface Socket {
  send(data: string | Uint8Array): void
  close(): void
  /** settles when it has ended, never rejects */
  readonly ended: Promise<SocketEnd>
}

/** What a connection is opened with. */
export interface SocketOptions {
  readonly protocols: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  /** what opens the sandbox where no headers can be sent (toolbox.md 0.1); without it nothing is put into the URL */
  readonly token?: () => Promise<string>
  /** messages in their order; binary ones as bytes */
  readonly onMessage: (data: string | Uint8Array) => void
  readonly signal?: AbortSignal | undefined
  /** ms until it must be open */
  readonly timeoutMs?: number | undefined
}

/** The part of a WebSocket that is used, as every runtime and package has it. */
interface WebSocketLike {
  binaryType: string
  send(data: string | Uint8Array): void
  close(code?: number): void
  addEventListener(type: 'open', listen: () => void): void
  addEventListener(type: 'error', listen: (event: { message?: string }) => void): void
  addEventListener(type: 'message', listen: (event: { data: unknown }) => void): void
  addEventListener(type: 'close', listen: (event: { code?: number; reason?: string }) => void): void
}

/** A class of WebSockets, such as that of the package `ws`. */
export type WebSocketClass = new (url: string, protocols?: string[]) => unknown

const openTimeoutMs = 30_000

/**
 * Opens a connection.
 *
 * @param url of `http` or `https`
 * @throws DaytonaConnectionError when it does not open, DaytonaError in a runtime without WebSockets
 */
export async function openSocket(url: string, options: SocketOptions, custom?: WebSocketClass): Promise<Socket> {
  const socket = await makeSocket(url.replace(/^http/, 'ws'), options, custom)
  socket.binaryType = 'arraybuffer'
  const { promise: opened, resolve, reject } = createSettling<void>()
  const { promise: ended, resolve: end } = createSettling<SocketEnd>()
  const stop = (reason: unknown): void => {
    reject(reason)
    socket.close()
  }
  const abort = (): void => stop(options.signal?.reason)
  const { timeoutMs = openTimeoutMs } = options
  const timer = setTimeout(
    () => stop(new DaytonaConnectionTimeoutError(`No connection within ${timeoutMs} ms`)),
    timeoutMs,
  )
  let isOpen = false
  socket.addEventListener('open', () => {
    isOpen = true
    resolve()
  })
  socket.addEventListener('message', ({ data }) => {
    const message = toMessage(data)
    if (message !== undefined) options.onMessage(message)
  })
  socket.addEventListener('error', (event) => {
    if (isOpen) return
    reject(
      new DaytonaConnectionError(`No connection to ${new URL(url).pathname}: ${event.message || 'it was refused'}`),
    )
  })
  socket.addEventListener('close', ({ code = 1006, reason = '' }) => {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', abort)
    reject(new DaytonaConnectionError(`No connection to ${new URL(url).pathname}: closed with ${code} ${reason}`))
    end({ code, reason })
  })
  if (options.signal?.aborted === true) abort()
  options.signal?.addEventListener('abort', abort, { once: true })
  try {
    await opened
  } finally {
    clearTimeout(timer)
  }
  return { send: (data) => socket.send(data), close: () => socket.close(), ended }
}

/** The class that connections are made of. @throws DaytonaError where there is none */
export function findWebSocket(custom?: WebSocketClass): WebSocketClass {
  const found = custom ?? (globalThis.WebSocket as WebSocketClass | undefined)
  if (found !== undefined) return found
  throw new DaytonaError(
    'This runtime has no WebSocket: use Node 22 or later, or give `WebSocket` of the package ws to the client',
  )
}

async function makeSocket(url: string, options: SocketOptions, custom?: WebSocketClass): Promise<WebSocketLike> {
  const SocketClass = findWebSocket(custom)
  const protocols = [...options.protocols]
  if (custom === undefined && !isBrowser()) {
    // They take headers beside the subprotocols, so that no token stands in a URL.
    const WithHeaders = SocketClass as unknown as new (url: string, options: object) => unknown
    try {
      return new WithHeaders(url, { protocols, headers: options.headers }) as WebSocketLike
    } catch (error) {
      // Deno 2.4 and before take the options for the name of a protocol, as browsers do.
      if ((error as Error).name !== 'SyntaxError') throw error
    }
  }
  if (options.token === undefined) return new SocketClass(url, protocols) as WebSocketLike
  const key = new URLSearchParams({ DAYTONA_SANDBOX_AUTH_KEY: await options.token() })
  return new SocketClass(`${url}${url.includes('?') ? '&' : '?'}${key}`, protocols) as WebSocketLike
}

function toMessage(data: unknown): string | Uint8Array | undefined {
  if (typeof data === 'string') return data
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return undefined
}
