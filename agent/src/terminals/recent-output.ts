import { limits } from '@sandyard/protocol/limits'

const escapeByte = 0x1b
const newlineByte = 0x0a
const firstBytes = 4096

/** The last output of a terminal, up to `limits.terminalReplayBytes`. */
export class RecentOutput {
  #ring: Buffer = Buffer.alloc(0)
  /** bytes that were ever appended */
  #total = 0

  append(bytes: Buffer): void {
    const most = limits.terminalReplayBytes
    const last = bytes.length > most ? bytes.subarray(bytes.length - most) : bytes
    this.#makeRoom(last.length)
    this.#total += bytes.length - last.length
    for (let from = 0; from < last.length; ) {
      const at = this.#total % this.#ring.length
      const copied = last.copy(this.#ring, at, from)
      from += copied
      this.#total += copied
    }
  }

  /**
   * What is kept, in order. Where the beginning is gone, it starts after a newline; in output without any, at an escape
   * sequence, or else at a character. So no half character or sequence is shown, unless a sequence spans lines.
   */
  read(): Buffer {
    const size = this.#ring.length
    if (this.#total <= size) return Buffer.from(this.#ring.subarray(0, this.#total))
    const at = this.#total % size
    return fromSafePlace(Buffer.concat([this.#ring.subarray(at), this.#ring.subarray(0, at)]))
  }

  /** The ring grows by doubling while nothing has been overwritten: most terminals show little. */
  #makeRoom(more: number): void {
    const size = this.#ring.length
    if (size === limits.terminalReplayBytes || this.#total + more <= size) return
    const wanted = Math.max(size, firstBytes)
    const doublings = Math.max(0, Math.ceil(Math.log2((this.#total + more) / wanted)))
    const grown = Buffer.alloc(Math.min(wanted * 2 ** doublings, limits.terminalReplayBytes))
    this.#ring.copy(grown, 0, 0, this.#total)
    this.#ring = grown
  }
}

function fromSafePlace(bytes: Buffer): Buffer {
  const line = bytes.indexOf(newlineByte)
  if (line >= 0) return bytes.subarray(line + 1)
  const sequence = bytes.indexOf(escapeByte)
  if (sequence >= 0) return bytes.subarray(sequence)
  const character = bytes.findIndex((byte) => (byte & 0xc0) !== 0x80)
  return bytes.subarray(Math.max(character, 0))
}
