import { builtin } from '../runtime.ts'

/** A file, folder or link of a context, as it stands in the archive. */
export interface TarEntry {
  /** without a slash at its beginning */
  readonly name: string
  readonly path: string
  readonly kind: 'file' | 'folder' | 'link'
  /** bytes */
  readonly size: number
  readonly mode: number
  /** of a link */
  readonly target: string
  /** s since 1970; absent: 0, so that the same files make the same archive */
  readonly modified?: number
}

const block = 512

/** A file or folder with all that is in it, sorted by name. Sockets, pipes and devices are left out. */
export function listEntries(path: string, name: string): TarEntry[] {
  const fs = builtin('node:fs', 'A build context')
  const { join } = builtin('node:path', 'A build context')
  const found = fs.lstatSync(path)
  const common = { name, path, mode: found.mode & 0o7777, size: 0, target: '' }
  if (found.isSymbolicLink()) return [{ ...common, kind: 'link', target: fs.readlinkSync(path) }]
  if (found.isFile()) return [{ ...common, kind: 'file', size: found.size }]
  if (!found.isDirectory()) return []
  const inner = fs.readdirSync(path).sort()
  return [{ ...common, kind: 'folder' }, ...inner.flatMap((one) => listEntries(join(path, one), `${name}/${one}`))]
}

/** The archive of entries, piece by piece. @throws Error when a file has changed its size meanwhile */
export async function* writeTar(entries: readonly TarEntry[]): AsyncGenerator<Uint8Array, void> {
  const fs = builtin('node:fs', 'A build context')
  for (const entry of entries) {
    yield* header(entry)
    if (entry.kind !== 'file') continue
    let bytes = 0
    if (entry.size > 0) {
      for await (const chunk of fs.createReadStream(entry.path)) {
        bytes += (chunk as Uint8Array).length
        if (bytes <= entry.size) yield chunk as Uint8Array
      }
    }
    if (bytes !== entry.size) throw new Error(`${entry.path} was changed while it was read`)
    yield new Uint8Array((block - (bytes % block)) % block)
  }
  yield new Uint8Array(2 * block)
}

function* header(entry: TarEntry): Generator<Uint8Array> {
  const name = entry.kind === 'folder' ? `${entry.name}/` : entry.name
  const encoder = new TextEncoder()
  // What the fields of a header have no room for goes into a header of its own before it.
  const long: Record<string, string> = {}
  if (encoder.encode(name).length > 100) long.path = name
  if (encoder.encode(entry.target).length > 100) long.linkpath = entry.target
  if (entry.size >= 8 ** 11) long.size = String(entry.size)
  if (Object.keys(long).length > 0) {
    const records = encoder.encode(Object.entries(long).map(record).join(''))
    yield plainHeader({ name: 'PaxHeader', type: 'x', size: records.length, mode: 0o644, target: '' })
    yield records
    yield new Uint8Array((block - (records.length % block)) % block)
  }
  const type = { file: '0', folder: '5', link: '2' }[entry.kind]
  yield plainHeader({ ...entry, name, type, size: entry.size >= 8 ** 11 ? 0 : entry.size })
}

/** `length key=value`, where the length counts itself. */
function record([key, value]: [string, string]): string {
  const rest = new TextEncoder().encode(` ${key}=${value}\n`).length
  let length = rest + String(rest).length
  if (String(length).length !== String(rest).length) length = rest + String(length).length
  return `${length} ${key}=${value}\n`
}

function plainHeader(entry: {
  name: string
  type: string
  size: number
  mode: number
  target: string
  modified?: number | undefined
}): Uint8Array {
  const bytes = new Uint8Array(block)
  const put = (text: string, at: number, most: number): void => {
    bytes.set(new TextEncoder().encode(text).subarray(0, most), at)
  }
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`
  put(entry.name, 0, 100)
  put(octal(entry.mode, 7), 100, 8)
  put(octal(0, 7), 108, 8)
  put(octal(0, 7), 116, 8)
  put(octal(entry.size, 11), 124, 12)
  put(octal(Math.max(0, Math.floor(entry.modified ?? 0)), 11), 136, 12)
  put('        ', 148, 8)
  put(entry.type, 156, 1)
  put(entry.target, 157, 100)
  put('ustar\x0000', 257, 8)
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8)
  return bytes
}
