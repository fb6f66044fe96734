import { limits } from '@sandyard/protocol'
import type { Connection, ServerChannel } from 'ssh2'
import { notePassed } from '../forward/passing.ts'
import { isUsable, queuedPackets, socketOf } from './library.ts'

/** What waits in the socket for a slow client before programs have to wait too, bytes. */
const slowBytes = 1024 * 1024
/** Packets that wait for the end of a key exchange before programs have to; a client that lets more wait is let go. */
const queueLength = 64
const longestQueue = 20_000
/** time between two looks at what nobody tells of, ms */
const lookMs = 10

/** One client's connection, with bounds on what is held for it: its library has none. */
export class Link {
  readonly connection: Connection
  readonly #socket
  readonly #channels = new Set<ServerChannel>()
  readonly #onClosed: (() => void)[] = []
  #holding: NodeJS.Timeout | null = null
  #isClosed = false

  constructor(connection: Connection) {
    this.connection = connection
    this.#socket = socketOf(connection)
    this.#socket.on('data', (bytes: Buffer) => {
      notePassed(2 * bytes.length) // as they came, and out of their packets
      this.#look()
    })
    connection.once('close', () => {
      this.#isClosed = true
      if (this.#holding !== null) clearTimeout(this.#holding)
      for (const closed of this.#onClosed.splice(0)) closed()
    })
  }

  get isClosed(): boolean {
    return this.#isClosed || !isUsable(this.connection)
  }

  /** True while nothing should be sent but what must be. */
  get isFull(): boolean {
    return this.#socket.writableLength > slowBytes || queuedPackets(this.connection) > queueLength
  }

  /** Settles when there is room again, or the connection is closed. */
  async drained(): Promise<void> {
    while (!this.isClosed && this.isFull) await new Promise((resolve) => setTimeout(resolve, lookMs))
  }

  /** Calls back when the connection is closed. */
  onClosed(callback: () => void): void {
    if (this.#isClosed) callback()
    else this.#onClosed.push(callback)
  }

  /** Lets packets that are sent within one turn leave together. */
  gather(): void {
    if (this.#socket.writableCorked > 0) return
    this.#socket.cork()
    process.nextTick(() => this.#socket.uncork())
  }

  /** Counts what a channel holds, from now until it is closed. */
  watch(channel: ServerChannel): void {
    this.#channels.add(channel)
    channel.on('error', () => {}) // its end is told in another way
    channel.once('finish', () => this.#channels.delete(channel))
  }

  /** Does something with the library, which throws when the connection has broken. Tells whether it was done. */
  act(work: () => void): boolean {
    if (this.isClosed) return false
    try {
      work()
      return true
    } catch {
      this.#socket.destroy() // it can only be one that cannot be used any more
      return false
    }
  }

  /** What is held of what the client sent, and for it, bytes. */
  get #held(): number {
    let held = this.#socket.writableLength
    for (const channel of this.#channels) held += channel.readableLength
    return held
  }

  /** A client may not read, or send what it was not given room for: it is read no more until that has passed. */
  #look(): void {
    if (queuedPackets(this.connection) > longestQueue) this.#socket.destroy()
    if (this.#holding !== null || this.#held <= limits.sshHeldBytes) return
    this.#socket.pause()
    const wait = (): void => {
      if (this.#isClosed) return
      if (this.#held > limits.sshHeldBytes / 2) {
        this.#holding = setTimeout(wait, lookMs)
        return
      }
      this.#holding = null
      this.#socket.resume()
    }
    this.#holding = setTimeout(wait, lookMs)
  }
}
