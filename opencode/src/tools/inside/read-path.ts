/** What to read. Part of programs that run inside. */
export interface ReadOptions {
  /** absolute */
  readonly path: string
  /** line to begin with, from 1 on; of a folder, the entry */
  readonly offset: number
  /** lines or entries */
  readonly most: number
  /** of the lines as they are shown, numbers included, bytes */
  readonly mostBytes: number
  /** characters of one line */
  readonly longestLine: number
  /** largest image or PDF, bytes */
  readonly mostMediaBytes: number
}

/** What was read. */
export type ReadAnswer =
  | { readonly kind: 'missing'; readonly similar: readonly string[] }
  | { readonly kind: 'folder'; readonly entries: readonly string[]; readonly total: number }
  | { readonly kind: 'media'; readonly type: string; readonly base64: string }
  | {
      readonly kind: 'file'
      readonly lines: readonly string[]
      /** of the file, or as many as were counted */
      readonly total: number
      /** why it ends before the file does */
      readonly end: 'file' | 'lines' | 'bytes' | 'size'
    }

/** Reads a folder, some lines of a text file, or an image. Throws an Error for what is none of these. */
export function readPath(options: ReadOptions): ReadAnswer {
  const fs = process.getBuiltinModule('node:fs')
  const { path } = options
  let stats: import('node:fs').Stats
  try {
    stats = fs.statSync(path)
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing', similar: findSimilar(path) }
    throw new Error(`Cannot read ${path}: ${code === 'ELOOP' ? 'its links lead in a circle' : code}`)
  }
  if (stats.isDirectory()) return listFolder(options)
  if (!stats.isFile()) throw new Error(`Cannot read ${path}: it is neither a file nor a folder`)
  let file: number
  try {
    // A pipe that took its place must not keep us waiting.
    file = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
  } catch (error) {
    const { code } = error as { code?: string }
    throw new Error(`Cannot read ${path}: ${code === 'EACCES' ? 'permission denied' : code}`)
  }
  try {
    const sample = Buffer.alloc(4096)
    const head = sample.subarray(0, fs.readSync(file, sample, 0, sample.length, 0))
    const type = mediaTypeOf(head)
    if (type !== null) {
      if (stats.size > options.mostMediaBytes)
        throw new Error(`${path} has ${stats.size} bytes, too many to show: ${options.mostMediaBytes} is the most`)
      return { kind: 'media', type, base64: fs.readFileSync(file).toString('base64') }
    }
    if (isBinary(path, head)) throw new Error(`Cannot read binary file: ${path}`)
    return readLines(file, options)
  } finally {
    fs.closeSync(file)
  }
}

/** Names beside a missing one that hold it, or that it holds. */
export function findSimilar(path: string): string[] {
  const fs = process.getBuiltinModule('node:fs')
  const folder = path.slice(0, path.lastIndexOf('/')) || '/'
  const wanted = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  try {
    return fs
      .readdirSync(folder)
      .filter((name) => name.toLowerCase().includes(wanted) || wanted.includes(name.toLowerCase()))
      .slice(0, 3)
      .map((name) => `${folder === '/' ? '' : folder}/${name}`)
  } catch {
    return []
  }
}

/** Names in a folder, those of folders with a slash at their end. */
export function listFolder({ path, offset, most }: ReadOptions): ReadAnswer {
  const fs = process.getBuiltinModule('node:fs')
  const entries = fs.readdirSync(path, { withFileTypes: true }).map((entry) => {
    const isFolder =
      entry.isDirectory() ||
      (entry.isSymbolicLink() &&
        (() => {
          try {
            return fs.statSync(`${path}/${entry.name}`).isDirectory()
          } catch {
            return false
          }
        })())
    return isFolder ? `${entry.name}/` : entry.name
  })
  entries.sort((a, b) => a.localeCompare(b))
  return { kind: 'folder', entries: entries.slice(offset - 1, offset - 1 + most), total: entries.length }
}

/** The lines asked for, and how many there are, without holding the file or a line that has no end. */
export function readLines(file: number, { offset, most, mostBytes, longestLine }: ReadOptions): ReadAnswer {
  const fs = process.getBuiltinModule('node:fs')
  const { StringDecoder } = process.getBuiltinModule('node:string_decoder')
  const decoder = new StringDecoder('utf8')
  const buffer = Buffer.allocUnsafe(1024 * 1024)
  const lines: string[] = []
  let bytes = 0
  let total = 0
  let current = ''
  let isOpen = false
  let position = 0
  const state: { end: 'file' | 'lines' | 'bytes' | 'size' } = { end: 'file' }
  const isFull = (): boolean => state.end === 'bytes'
  const finish = (): void => {
    isOpen = false
    total += 1
    if (total < offset || state.end === 'lines') return
    if (lines.length === most) {
      state.end = 'lines'
      return
    }
    const text = total === 1 ? current.replace(/^\ufeff/, '') : current
    const raw = text.endsWith('\r') ? text.slice(0, -1) : text
    const isLong = raw.length > longestLine
    const cut = isLong ? raw.slice(0, longestLine).replace(/[\ud800-\udbff]$/, '') : raw
    const line = isLong ? `${cut}... (line truncated to ${longestLine} chars)` : raw
    const size = Buffer.byteLength(line) + String(total).length + 3
    if (bytes + size > mostBytes && lines.length > 0) state.end = 'bytes'
    else {
      lines.push(line)
      bytes += size
    }
  }
  while (!isFull()) {
    const size = fs.readSync(file, buffer, 0, buffer.length, position)
    const text = size === 0 ? decoder.end() : decoder.write(buffer.subarray(0, size))
    position += size
    let from = 0
    for (let at = text.indexOf('\n'); at >= 0 && !isFull(); at = text.indexOf('\n', from)) {
      if (total + 1 >= offset) current += text.slice(from, Math.min(at, from + longestLine + 2))
      finish()
      current = ''
      from = at + 1
    }
    if (from < text.length) {
      isOpen = true
      // One character more than is shown tells that there are more, and another one may be a carriage return.
      if (current.length < longestLine + 2) current += text.slice(from, from + longestLine + 2)
    }
    if (size === 0) break
    // Nobody needs the number of lines of such a file.
    if (state.end === 'lines' && position > 512 * 1024 * 1024) {
      state.end = 'size'
      break
    }
  }
  if (isOpen && !isFull() && state.end !== 'size') finish()
  return { kind: 'file', lines, total, end: state.end }
}

/** The type of an image or PDF that models can look at, by its first bytes. */
export function mediaTypeOf(head: Buffer): string | null {
  const text = head.subarray(0, 16).toString('latin1')
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (text.startsWith('GIF87a') || text.startsWith('GIF89a')) return 'image/gif'
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'image/webp'
  return text.startsWith('%PDF-') ? 'application/pdf' : null
}

/** Whether a file holds no text, by its name and its first bytes. */
export function isBinary(path: string, head: Buffer): boolean {
  const endings =
    'zip tar gz exe dll so class jar war 7z doc docx xls xlsx ppt pptx odt ods odp bin dat obj o a lib wasm pyc pyo'
  const ending = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase()
  if (ending !== undefined && endings.split(' ').includes(ending)) return true
  if (head.includes(0)) return true
  const odd = head.filter((byte) => byte < 9 || (byte > 13 && byte < 32)).length
  return odd > head.length * 0.3
}
