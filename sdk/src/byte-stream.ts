import { DaytonaConnectionError } from './errors.ts'
import { createSettling } from './settle.ts'
import type { Toolbox } from './toolbox.ts'

/** Bytes that one side may send beyond what the other has taken, as the platform has it. */
const windowBytes = 1_048_576

/** A stream of bytes into a sandbox; each side can end before the other. */
export interface ByteStream {
  /** Sends bytes, one call after the other; settles when they are sent, and when nobody takes them any longer. */
  write(bytes: Uint8Array): Promise<void>
  /** Says that no more come from here. */
  end(): void
  /** Ends the connection. */
  close(): void
  /** settles when all that came was taken and the other side has ended; rejects when the connection broke before that */
  readonly ended: Promise<void>
}

/**
 * Opens a stream of bytes on a WebSocket of a sandbox (`attachmentRoutes` of the protocol). The other side waits while
 * `onBytes` has not settled for so much.
 *
 * @param path of the WebSocket, with a slash at its beginning
 */
export async function openByteStream(
  toolbox: Toolbox,
  path: string,
  onBytes: (bytes: Uint8Array) => void | Promise<void>,
  signal?: AbortSignal,
): Promise<ByteStream> {
  const ended = createSettling<void>()
  let order: Promise<void> = Promise.resolve()
  let taken = 0
  let told = 0
  let sent = 0
  let confirmed = 0
  let isOpen = true
  let hasEnded = false
  let wake = (): void => {}

  const take = async (bytes: Uint8Array): Promise<void> => {
    if (bytes.length === 0) {
      hasEnded = true
      return ended.resolve()
    }
    await onBytes(bytes)
    taken += bytes.length
    if (taken - told < windowBytes / 4 || !isOpen) return
    told = taken
    socket.send(String(taken))
  }
  const socket = await toolbox.connect(path, {
    signal,
    onMessage(data) {
      if (typeof data === 'string') {
        confirmed = Number(data)
        wake()
        return
      }
      order = order.then(() => take(data))
      order.catch((error: unknown) => {
        ended.reject(error)
        socket.close()
      })
    },
  })
  socket.ended.then(
    ({ code, reason }) => {
      isOpen = false
      wake()
      const tell = (): void => {
        if (!hasEnded)
          ended.reject(new DaytonaConnectionError(`The connection broke: ${reason || `closed with ${code}`}`))
      }
      order.then(tell, () => {})
    },
    () => {},
  )
  return {
    async write(bytes) {
      for (let at = 0; at < bytes.length && isOpen; ) {
        const room = confirmed + windowBytes - sent
        if (room <= 0) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
          continue
        }
        const piece = bytes.slice(at, at + Math.min(room, 65_536))
        at += piece.length
        sent += piece.length
        socket.send(piece)
      }
    },
    end() {
      if (isOpen) socket.send(new Uint8Array())
    },
    close: () => socket.close(),
    ended: ended.promise,
  }
}
