/** A file in a tar file; whatever is said here is written, true or not. */
export interface TarEntry {
  readonly name: string
  readonly type?: 'file' | 'directory' | 'symlink' | 'link' | 'character' | 'block' | 'fifo'
  /** the letter of the type, when it is none of these */
  readonly flag?: string
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  readonly linkname?: string
  readonly content?: Uint8Array | string
  /** instead of the content's size */
  readonly size?: number
  /** seconds */
  readonly mtime?: number
  readonly device?: readonly [major: number, minor: number]
  /** records of an extended header before it */
  readonly extended?: Readonly<Record<string, string | Buffer>>
  /** bytes instead of its extended header */
  readonly rawExtended?: Buffer
  /** changes the header when all of it is written; its sum is made right then */
  readonly change?: (header: Buffer) => void
  readonly hasWrongSum?: boolean
}

const flags = { file: '0', link: '1', symlink: '2', character: '3', block: '4', directory: '5', fifo: '6' }

/** A tar file of these. */
export function tarOf(entries: readonly TarEntry[], end: Buffer = Buffer.alloc(1024)): Buffer {
  return Buffer.concat([...entries.flatMap(entryOf), end])
}

function entryOf(entry: TarEntry): Buffer[] {
  const needed = Buffer.byteLength(entry.name) > 100 ? { path: entry.name } : {}
  const linked = Buffer.byteLength(entry.linkname ?? '') > 100 ? { linkpath: entry.linkname ?? '' } : {}
  const extended = { ...needed, ...linked, ...entry.extended }
  const records = entry.rawExtended ?? Buffer.concat(Object.entries(extended).map(([key, value]) => record(key, value)))
  const before = records.length === 0 ? [] : [header({ name: 'extended', flag: 'x' }, records.length), padded(records)]
  const content = Buffer.from(entry.content ?? '')
  return [...before, header(entry, entry.size ?? content.length), padded(content)]
}

function header(entry: TarEntry, size: number): Buffer {
  const bytes = Buffer.alloc(512)
  const octal = (value: number, at: number, length: number): void => {
    const text = value.toString(8).padStart(length - 1, '0')
    // A number that does not fit is written as GNU does.
    if (text.length < length) bytes.write(text, at, 'latin1')
    else {
      bytes.writeBigUInt64BE(BigInt(value), at + length - 8)
      bytes[at] = (bytes[at] ?? 0) | 0x80
    }
  }
  bytes.write(entry.name.slice(0, 100), 0)
  octal(entry.mode ?? (entry.type === 'directory' ? 0o755 : 0o644), 100, 8)
  octal(entry.uid ?? 0, 108, 8)
  octal(entry.gid ?? 0, 116, 8)
  octal(size, 124, 12)
  octal(entry.mtime ?? 1_700_000_000, 136, 12)
  bytes.write(entry.flag ?? flags[entry.type ?? 'file'], 156, 'latin1')
  bytes.write((entry.linkname ?? '').slice(0, 100), 157)
  bytes.write('ustar\x0000', 257, 'latin1')
  octal(entry.device?.[0] ?? 0, 329, 8)
  octal(entry.device?.[1] ?? 0, 337, 8)
  entry.change?.(bytes)
  bytes.fill(' ', 148, 156)
  const sum = bytes.reduce((total, byte) => total + byte, 0) + (entry.hasWrongSum === true ? 1 : 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return bytes
}

function record(key: string, value: string | Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')])
  let length = rest.length
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((512 - (content.length % 512)) % 512)])
}
