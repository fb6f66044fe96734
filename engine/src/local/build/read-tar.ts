import { posix } from 'node:path'
import { buildLimits } from './limits.ts'

/** One entry of a tar file. Its content must be read, or skipped, before the next one is asked for. */
export interface TarEntry {
  /** relative and normal; `''` is the root itself */
  readonly path: string
  readonly type: 'file' | 'folder' | 'symlink' | 'hardlink' | 'other'
  /** permission bits */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** epoch, s */
  readonly mtime: number
  /** bytes of content */
  readonly size: number
  /** where a link leads: of a symlink as it is written, of a hard link a path as above */
  readonly target: string
  readonly content: AsyncIterable<Buffer>
}

/** Thrown for what is no tar file, or one that nobody would make in good faith. */
export class TarError extends Error {}

const block = 512
const kinds: Readonly<Record<string, TarEntry['type']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'folder',
}

/** Reads a tar file of a stranger as it comes: ustar, with the additions of GNU and of POSIX. */
export async function* readTar(stream: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const bytes = new Bytes(stream)
  let extra: Record<string, string> = {}
  let headers = 0
  for (;;) {
    const head = await bytes.take(block)
    // Some leave out the two empty blocks at the end.
    if (head === null || head.every((byte) => byte === 0)) return
    const type = head.toString('latin1', 156, 157)
    const size = extra.size === undefined ? readNumber(head, 124, 12) : Number(extra.size)
    if (!isHeader(head) || !Number.isSafeInteger(size) || size < 0) throw new TarError('it is not a tar file')
    if ('xgLK'.includes(type)) {
      if (size > buildLimits.tarHeaderBytes || ++headers > buildLimits.tarHeaders)
        throw new TarError('it has a name or header that is too long')
      const text = (await bytes.must(padded(size))).subarray(0, size)
      if (type === 'x') extra = { ...extra, ...readRecords(text) }
      else if (type === 'L') extra = { ...extra, path: cString(text) }
      else if (type === 'K') extra = { ...extra, linkpath: cString(text) }
      continue
    }
    if (type === 'S' || Object.keys(extra).some((name) => name.startsWith('GNU.sparse'))) {
      throw new TarError('it has a sparse file, which is not supported')
    }
    const kind = kinds[type] ?? 'other'
    const path = extra.path ?? plainName(head)
    const linked = extra.linkpath ?? cString(head.subarray(157, 257))
    const contentSize = kind === 'file' || kind === 'other' ? size : 0
    const content = bytes.content(contentSize, padded(size))
    yield {
      path: normalize(path),
      type: kind === 'file' && path.endsWith('/') ? 'folder' : kind,
      mode: readNumber(head, 100, 8) & 0o7777,
      uid: numberOr(extra.uid, readNumber(head, 108, 8)),
      gid: numberOr(extra.gid, readNumber(head, 116, 8)),
      mtime: numberOr(extra.mtime, readNumber(head, 136, 12)),
      size: contentSize,
      target: kind === 'hardlink' ? normalize(linked) : linked,
      content: content.read(),
    }
    await content.skip()
    extra = {}
    headers = 0
  }
}

/** True when the bytes begin with a header of a tar file. */
export function isHeader(head: Buffer): boolean {
  if (head.length < block) return false
  let sum = 0
  for (let at = 0; at < block; at++) sum += at >= 148 && at < 156 ? 32 : (head[at] ?? 0)
  return sum === readNumber(head, 148, 8)
}

function normalize(path: string): string {
  if (path.split('/').includes('..')) throw new TarError(`it has an entry outside of it: ${path.slice(0, 200)}`)
  if (path.includes('\0') || Buffer.byteLength(path) > 4096) throw new TarError('it has an entry with a broken name')
  return posix.normalize(`/${path}`).slice(1).replace(/\/$/, '')
}

function plainName(head: Buffer): string {
  const name = cString(head.subarray(0, 100))
  const prefix = head.toString('latin1', 257, 263) === 'ustar\0' ? cString(head.subarray(345, 500)) : ''
  return prefix === '' ? name : `${prefix}/${name}`
}

function cString(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end)
}

function readNumber(head: Buffer, at: number, length: number): number {
  const field = head.subarray(at, at + length)
  if (((field[0] ?? 0) & 0x80) !== 0) {
    // Base 256, for what octal digits have no room for.
    return field.subarray(1).reduce((value, byte) => value * 256 + byte, (field[0] ?? 0) & 0x7f)
  }
  const text = field.toString('latin1').replace(/\0.*/s, '').trim()
  return text === '' ? 0 : /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN
}

function numberOr(text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text)
  return Number.isFinite(value) && value >= 0 ? Math.floor(value) : 0
}

/** `<length> <name>=<value>\n`, one after the other. */
function readRecords(bytes: Buffer): Record<string, string> {
  const records: Record<string, string> = Object.create(null) as Record<string, string>
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(32, at)
    const length = space < 0 ? Number.NaN : Number(bytes.toString('latin1', at, space))
    if (!Number.isInteger(length) || length <= space - at || at + length > bytes.length) {
      throw new TarError('it has a broken header')
    }
    const record = bytes.toString('utf8', space + 1, at + length - 1)
    const equals = record.indexOf('=')
    if (equals > 0) records[record.slice(0, equals)] = record.slice(equals + 1)
    at += length
  }
  return records
}

function padded(size: number): number {
  return Math.ceil(size / block) * block
}

/** Takes bytes from a stream in pieces of a wanted size. */
class Bytes {
  readonly #stream: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(stream: AsyncIterable<Buffer>) {
    this.#stream = stream[Symbol.asyncIterator]()
  }

  /** So many bytes, or `null` at the end. Fewer than that is a file that was cut off. */
  async take(size: number): Promise<Buffer | null> {
    const parts: Buffer[] = []
    let missing = size
    while (missing > 0) {
      const part = await this.some(missing)
      if (part === null) {
        if (missing === size) return null
        throw new TarError('it is cut off')
      }
      parts.push(part)
      missing -= part.length
    }
    return Buffer.concat(parts)
  }

  async must(size: number): Promise<Buffer> {
    if (size === 0) return Buffer.alloc(0)
    const bytes = await this.take(size)
    if (bytes === null) throw new TarError('it is cut off')
    return bytes
  }

  /** At least one byte and at most so many. */
  async some(most: number): Promise<Buffer | null> {
    while (this.#rest.length === 0) {
      const { value, done } = await this.#stream.next()
      if (done === true) return null
      this.#rest = value
    }
    const part = this.#rest.subarray(0, most)
    this.#rest = this.#rest.subarray(part.length)
    return part
  }

  /** The content of an entry, which may be read or not, and what fills its last block. */
  content(size: number, withPadding: number): { read: () => AsyncIterable<Buffer>; skip: () => Promise<void> } {
    let left = withPadding
    const next = async (most: number): Promise<Buffer> => {
      const part = await this.some(most)
      if (part === null) throw new TarError('it is cut off')
      left -= part.length
      return part
    }
    const read = async function* (): AsyncGenerator<Buffer> {
      for (let unread = size; unread > 0; ) {
        const part = await next(unread)
        unread -= part.length
        yield part
      }
    }
    const skip = async (): Promise<void> => {
      while (left > 0) await next(left)
    }
    return { read, skip }
  }
}
