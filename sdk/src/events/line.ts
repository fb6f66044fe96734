import { createSettling } from '../settle.ts'
import { openSocket, type Socket, type WebSocketClass } from '../socket.ts'
import { connectPacket, pong, readPacket } from './packets.ts'

/** How a connection ended. */
export interface LineEnd {
  /** `refused`: before anything was told; `dismissed`: this client was told to go; `lost`: anything else */
  readonly kind: 'refused' | 'dismissed' | 'lost'
  readonly reason: string
}

/** What one connection is made with. */
export interface LineOptions {
  /** of `http` or `https` */
  readonly url: string
  readonly token: string
  readonly WebSocket: WebSocketClass | undefined
  readonly onLive: () => void
  readonly onEvent: (name: string, payload: unknown) => void
  /** ends it */
  readonly signal: AbortSignal
}

/** ms until a new connection must be live */
const openTimeoutMs = 15_000
/** longest message that is read, characters; an event has one sandbox, snapshot or volume */
const longestMessage = 4 * 1024 * 1024

/** Holds one connection until it ends, and says how it did. Never rejects. */
export async function holdLine({ url, token, WebSocket, onLive, onEvent, signal }: LineOptions): Promise<LineEnd> {
  const ended = createSettling<LineEnd>()
  const hello = createSettling<void>()
  const lose = (reason: string): void => ended.resolve({ kind: 'lost', reason })
  const leave = (): void => lose('it was closed here')
  signal.addEventListener('abort', leave, { once: true })
  let socket: Socket | null = null
  let timer = setTimeout(() => lose(`not live within ${openTimeoutMs} ms`), openTimeoutMs)
  let silenceMs: number | null = null

  function takePacket(text: string): void {
    const packet = readPacket(text)
    switch (packet.kind) {
      case 'hello':
        silenceMs = packet.silenceMs
        hello.resolve()
        break
      case 'ping':
        socket?.send(pong)
        break
      case 'connected':
        onLive()
        break
      case 'refused':
        ended.resolve({ kind: 'refused', reason: packet.message })
        break
      case 'end':
        ended.resolve({ kind: packet.isForUs ? 'dismissed' : 'lost', reason: 'the platform ended it' })
        break
      case 'event':
        onEvent(packet.name, packet.payload)
        break
      case 'other':
    }
  }

  function take(message: string | Uint8Array): void {
    if (typeof message !== 'string') return
    try {
      if (message.length > longestMessage) throw new Error(`it has ${message.length} characters`)
      takePacket(message)
    } catch (error) {
      lose(`a message that cannot be read: ${(error as Error).message}`)
    }
    if (silenceMs === null) return
    // The platform gives a sign of life now and then; a dead line gives none, and says nothing of it.
    clearTimeout(timer)
    timer = setTimeout(() => lose(`nothing was heard for ${silenceMs} ms`), silenceMs)
  }

  const opening = new AbortController()
  try {
    signal.throwIfAborted()
    const opened = openSocket(
      url,
      { protocols: [], headers: {}, onMessage: take, signal: opening.signal, timeoutMs: openTimeoutMs },
      WebSocket,
    )
    opened.catch(() => {})
    socket = await Promise.race([opened, ended.promise.then(() => null)])
    if (socket === null) return await ended.promise
    void socket.ended.then(({ code, reason }) => lose(`closed with ${code} ${reason}`.trim()))
    await Promise.race([hello.promise, ended.promise])
    socket.send(connectPacket(token))
    return await ended.promise
  } catch (error) {
    return { kind: 'lost', reason: error instanceof Error ? error.message : String(error) }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', leave)
    // A dead line is not waited for.
    opening.abort()
    socket?.close()
  }
}
