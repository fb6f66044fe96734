import type { ServerChannel } from 'ssh2'
import { notePassed } from '../forward/passing.ts'
import { channelInsides, sendData } from './library.ts'
import type { Link } from './link.ts'

const packetBytes = 32 * 1024
/** A client that takes less at a time only means to cost us time. */
const smallestPacket = 256

/** Our end of a channel, for sending: within the window that the client gives, and no faster than it reads. */
export class Outlet {
  readonly #link: Link
  readonly #channel: ServerChannel
  readonly #packetBytes: number
  #wake: (() => void) | null = null
  #isShut = false

  constructor(link: Link, channel: ServerChannel) {
    this.#link = link
    this.#channel = channel
    this.#packetBytes = Math.min(channelInsides(channel).outgoing.packetSize, packetBytes)
    link.watch(channel)
    const shut = (): void => {
      this.#isShut = true
      this.#wake?.()
    }
    // The library ends its side of a channel when the client has closed it.
    channel.once('finish', shut)
    link.onClosed(shut)
    if (this.#packetBytes < smallestPacket) this.close()
  }

  /** False when nothing can be sent any more. */
  get isOpen(): boolean {
    return !this.#isShut && !this.#link.isClosed && channelInsides(this.#channel).outgoing.state === 'open'
  }

  /** Sends bytes, one call at a time. Tells whether the channel is still open then. */
  async send(bytes: Buffer, isError = false): Promise<boolean> {
    let rest = bytes
    notePassed(2 * bytes.length) // as they came, and in their packets
    this.#link.gather()
    while (rest.length > 0 && this.isOpen) {
      const { window } = channelInsides(this.#channel).outgoing
      if (window <= 0) {
        await this.#widened()
        continue
      }
      const piece = rest.subarray(0, Math.min(window, this.#packetBytes))
      if (!this.#link.act(() => sendData(this.#link.connection, this.#channel, piece, isError))) return false
      rest = rest.subarray(piece.length)
      if (this.#link.isFull) await this.#link.drained()
    }
    return this.isOpen
  }

  /** Sends a line on standard error, if there is room for it at once. */
  note(text: string): void {
    const bytes = Buffer.from(text)
    if (!this.isOpen || channelInsides(this.#channel).outgoing.window < bytes.length) return
    this.#link.act(() => sendData(this.#link.connection, this.#channel, bytes, true))
  }

  /** Nothing more will be sent; the client may still send. */
  end(): void {
    this.#link.act(() => this.#channel.eof())
  }

  close(): void {
    this.#link.act(() => {
      this.#channel.eof()
      this.#channel.close()
    })
  }

  #widened(): Promise<void> {
    const raw = channelInsides(this.#channel)
    return new Promise((resolve) => {
      this.#wake = resolve
      raw._chunkcb = resolve
      raw._waitWindow = true
    })
  }
}
