/** One thing of an archive; its content follows for files. */
export interface ArchiveEntry {
  /** as it is written there */
  readonly name: string
  readonly kind: 'file' | 'folder' | 'link' | 'hard-link' | 'other'
  /** bytes */
  readonly size: number
  /** permissions */
  readonly mode: number
  /** s since 1970 */
  readonly modified: number
  /** of a link */
  readonly target: string
}

/** What is told of an archive, one after the other. */
export interface ArchiveTaker {
  begin(entry: ArchiveEntry): Promise<void>
  content(bytes: Uint8Array): Promise<void>
  end(): Promise<void>
}

const block = 512
/** names and headers that an entry has besides its own, bytes: no more is kept in memory */
const mostExtra = 1024 * 1024

/** Takes an archive apart as it comes. Throws Error for what is none. */
export class TarReader {
  readonly #taker: ArchiveTaker
  #held: Buffer = Buffer.alloc(0)
  /** content of the entry, and padding, still to come, bytes */
  #left = 0
  #padding = 0
  #isFile = false
  /** the content is a header for the next entry */
  #extraKind = ''
  #extra: Buffer[] = []
  #next: { path?: string; linkpath?: string; size?: number } = {}
  #isOver = false

  constructor(taker: ArchiveTaker) {
    this.#taker = taker
  }

  async push(bytes: Uint8Array): Promise<void> {
    let rest: Buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    while (rest.length > 0 && !this.#isOver) {
      if (this.#left > 0) {
        const piece = rest.subarray(0, this.#left)
        rest = rest.subarray(piece.length)
        this.#left -= piece.length
        if (this.#isFile) await this.#taker.content(piece)
        else if (this.#extraKind !== '') this.#extra.push(Buffer.from(piece))
        if (this.#left === 0) await this.#finish()
      } else if (this.#padding > 0) {
        const skipped = Math.min(this.#padding, rest.length)
        this.#padding -= skipped
        rest = rest.subarray(skipped)
      } else {
        const wanted = block - this.#held.length
        this.#held = Buffer.concat([this.#held, rest.subarray(0, wanted)])
        rest = rest.subarray(wanted)
        if (this.#held.length < block) return
        const header = this.#held
        this.#held = Buffer.alloc(0)
        await this.#begin(header)
      }
    }
  }

  /** Call at the end of the stream. Throws Error when the archive is not whole. */
  end(): void {
    if (this.#left > 0 || this.#padding > 0 || this.#held.length > 0) throw new Error('the archive was cut off')
  }

  async #begin(header: Buffer): Promise<void> {
    if (header.every((byte) => byte === 0)) {
      this.#isOver = true
      return
    }
    checkSum(header)
    const type = String.fromCharCode(header[156] ?? 0)
    const size = this.#next.size ?? readNumber(header, 124, 12)
    // Links and folders have no content, whatever their size says.
    const hasContent = !'123456'.includes(type)
    this.#left = hasContent ? size : 0
    this.#padding = (block - (this.#left % block)) % block
    this.#isFile = false
    this.#extraKind = ''
    if ('xgLK'.includes(type)) {
      if (size > mostExtra) throw new Error('the archive has a name that is too long')
      this.#extraKind = type
      if (this.#left === 0) await this.#finish()
      return
    }
    const prefix = header.toString('latin1', 257, 262) === 'ustar' ? readText(header, 345, 155) : ''
    const plain = readText(header, 0, 100)
    const entry: ArchiveEntry = {
      name: this.#next.path ?? (prefix === '' ? plain : `${prefix}/${plain}`),
      kind: kindOf(type),
      size: this.#left,
      mode: readNumber(header, 100, 8) & 0o777,
      modified: readNumber(header, 136, 12),
      target: this.#next.linkpath ?? readText(header, 157, 100),
    }
    this.#next = {}
    this.#isFile = entry.kind === 'file'
    await this.#taker.begin(entry)
    if (this.#left === 0) await this.#finish()
  }

  async #finish(): Promise<void> {
    if (this.#isFile || this.#extraKind === '') {
      const wasFile = this.#isFile
      this.#isFile = false
      if (wasFile) await this.#taker.end()
      return
    }
    const text = Buffer.concat(this.#extra)
    this.#extra = []
    if (this.#extraKind === 'L') this.#next.path = text.toString('utf8').replace(/\0.*$/s, '')
    else if (this.#extraKind === 'K') this.#next.linkpath = text.toString('utf8').replace(/\0.*$/s, '')
    else if (this.#extraKind === 'x') Object.assign(this.#next, readRecords(text))
    this.#extraKind = ''
  }
}

function kindOf(type: string): ArchiveEntry['kind'] {
  if (type === '0' || type === '\0' || type === '7') return 'file'
  if (type === '5') return 'folder'
  if (type === '2') return 'link'
  return type === '1' ? 'hard-link' : 'other'
}

function readText(header: Buffer, at: number, length: number): string {
  const field = header.subarray(at, at + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end === -1 ? length : end)
}

/** Octal digits, or a binary number where the first bit says so. */
function readNumber(header: Buffer, at: number, length: number): number {
  const field = header.subarray(at, at + length)
  if (((field[0] ?? 0) & 0x80) !== 0) {
    let value = 0
    for (const [index, byte] of field.entries()) value = value * 256 + (index === 0 ? byte & 0x7f : byte)
    if (!Number.isSafeInteger(value)) throw new Error('the archive has a number that cannot be')
    return value
  }
  const value = Number.parseInt(field.toString('latin1').replace(/\0.*$/s, '').trim() || '0', 8)
  if (!Number.isSafeInteger(value) || value < 0) throw new Error('this is no archive')
  return value
}

function checkSum(header: Buffer): void {
  let sum = 0
  for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 0x20 : byte
  if (sum !== readNumber(header, 148, 8)) throw new Error('this is no archive')
}

/** Records `LENGTH NAME=VALUE\n`; those that are known. */
function readRecords(text: Buffer): { path?: string; linkpath?: string; size?: number } {
  const found: { path?: string; linkpath?: string; size?: number } = {}
  for (let at = 0; at < text.length; ) {
    const blank = text.indexOf(0x20, at)
    const length = Number(text.toString('latin1', at, blank))
    if (blank === -1 || !Number.isInteger(length) || length < blank - at + 3) throw new Error('this is no archive')
    const record = text.toString('utf8', blank + 1, at + length - 1)
    const cut = record.indexOf('=')
    const [name, value] = [record.slice(0, cut), record.slice(cut + 1)]
    if (name === 'path' || name === 'linkpath') found[name] = value
    if (name === 'size' && /^\d{1,15}$/.test(value)) found.size = Number(value)
    at += length
  }
  return found
}
