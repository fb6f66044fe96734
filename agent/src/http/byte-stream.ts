import { Duplex } from 'node:stream'
import { limits } from '@sandyard/protocol/limits'
import type { WebSocket } from 'ws'

/** It is told what was taken when it is so much, bytes. */
const tellBytes = limits.byteStreamWindow / 4

/**
 * The stream of bytes on a WebSocket, as `attachmentRoutes` says. Each side can end before the other; a caller that
 * goes away ends both.
 */
export function openByteStream(webSocket: WebSocket): Duplex {
  let sent = 0
  let confirmed = 0
  let received = 0
  let told = 0
  /** settles when the other side has taken more, or has gone */
  let wake = (): void => {}

  const send = (data: Buffer | string): Promise<void> =>
    new Promise((resolve) => webSocket.send(data, { binary: typeof data !== 'string' }, () => resolve()))

  const sendAll = async (bytes: Buffer): Promise<void> => {
    let rest = bytes
    while (rest.length > 0 && !stream.destroyed) {
      const room = confirmed + limits.byteStreamWindow - sent
      if (room <= 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        continue
      }
      const piece = rest.subarray(0, room)
      rest = rest.subarray(piece.length)
      sent += piece.length
      await send(piece)
    }
  }

  const stream = new Duplex({
    read() {
      // What lies in the queue is not taken yet.
      const taken = received - stream.readableLength
      if (taken - told < tellBytes) return
      told = taken
      void send(String(taken))
    },
    write(bytes: Buffer, _encoding, done) {
      sendAll(bytes).then(() => done(), done)
    },
    writev(pieces, done) {
      sendAll(Buffer.concat(pieces.map(({ chunk }) => chunk as Buffer))).then(() => done(), done)
    },
    final(done) {
      send(Buffer.alloc(0)).then(() => done(), done)
    },
    destroy(error, done) {
      wake()
      webSocket.close(error === null ? 1000 : 1011)
      done(error)
    },
  })

  const refuse = (reason: string): void => {
    webSocket.close(1008, reason)
    stream.destroy()
  }
  webSocket.on('message', (data: Buffer, isBinary) => {
    if (stream.destroyed) return
    if (!isBinary) {
      const count = Number(data.toString('latin1'))
      if (!Number.isSafeInteger(count) || count < confirmed || count > sent) return refuse('a count that cannot be')
      confirmed = count
      return wake()
    }
    if (stream.readableEnded) return refuse('bytes after the end')
    received += data.length
    if (received - told > 2 * limits.byteStreamWindow) return refuse('more bytes than there was room for')
    stream.push(data.length === 0 ? null : data)
  })
  webSocket.once('close', () => stream.destroy())
  return stream
}
