import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { constants, createGunzip, gunzipSync } from 'node:zlib'
import { PlatformError } from '@sandyard/protocol'
import { type Ignore, parseIgnore } from './ignore.ts'
import { buildLimits } from './limits.ts'
import { isHeader, readTar, type TarEntry, TarError } from './read-tar.ts'

/** What is packed in a file, as its first bytes tell. */
export type Packing = 'tar' | 'gzip' | 'bzip2' | 'xz' | 'zstd'

/** A file, folder or link of the context. */
export interface ContextEntry {
  readonly path: string
  readonly type: 'file' | 'folder' | 'symlink'
  readonly mode: number
  readonly mtime: number
  /** of a file: which of the tar files it is in, and its number there */
  readonly place: { readonly tar: number; readonly entry: number; readonly size: number } | null
  /** of a file: SHA-256 of its content; of a symlink where it leads */
  readonly content: string
  /** of a file that is a tar file */
  readonly packing: Packing | null
}

/** All that the tar files of an order hold; where they hold the same, the last one counts. */
export interface BuildContext {
  readonly entries: ReadonlyMap<string, ContextEntry>
  /** names in each folder */
  readonly folders: ReadonlyMap<string, ReadonlySet<string>>
  /** names that may still be looked at */
  readonly budget: { left: number }
  /** Reads the tar file of this number again. */
  open(tar: number): AsyncIterable<TarEntry>
}

const ignoreFile = '.dockerignore'

/**
 * Reads the tar files once, to know what there is. Throws BAD_REQUEST for what cannot be a context.
 * @param urls `file:` URLs of tar files, plain or gzipped
 */
export async function readContext(urls: readonly string[], signal: AbortSignal): Promise<BuildContext> {
  const reading: Reading = { found: new Map(), ignoreText: '', signal, entries: 0, nameBytes: 0, bytes: 0, packed: 0 }
  for (const [tar, url] of urls.entries()) {
    let entry = 0
    try {
      for await (const given of openTar(url)) {
        count(reading, given)
        const taken = await takeEntry(reading, given, { tar, entry: entry++ })
        if (taken !== null) reading.found.set(taken.path, taken)
      }
    } catch (error) {
      throw broken(error)
    }
  }
  const entries = await leaveOut(reading)
  return {
    entries,
    folders: listFolders(entries),
    budget: { left: buildLimits.contextLooks },
    open: (tar) => openTar(urls[tar] ?? ''),
  }
}

/** What was read so far. */
interface Reading {
  readonly found: Map<string, ContextEntry>
  readonly signal: AbortSignal
  /** what `.dockerignore` says */
  ignoreText: string
  entries: number
  nameBytes: number
  bytes: number
  /** files that were looked into */
  packed: number
}

/** Refuses what is too much. */
function count(reading: Reading, { path, target, size }: TarEntry): void {
  reading.entries += 1
  reading.nameBytes += path.length + target.length
  reading.bytes += size
  if (reading.entries > buildLimits.contextEntries) {
    throw new TarError(`there are more than ${buildLimits.contextEntries} entries`)
  }
  if (reading.nameBytes > buildLimits.contextNameBytes) throw new TarError('its names are too long')
  if (reading.bytes > buildLimits.contextBytes) {
    throw new TarError(`it is larger than ${buildLimits.contextBytes} bytes`)
  }
}

async function* openTar(url: string): AsyncGenerator<TarEntry> {
  const file = createReadStream(fileURLToPath(url), { highWaterMark: 1024 * 1024 })
  try {
    const pieces = file[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    const first = await pieces.next()
    const head = first.done === true ? Buffer.alloc(0) : first.value
    const all = async function* (): AsyncGenerator<Buffer> {
      yield head
      for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) yield next.value
    }
    if (packingOf(head, '') === 'gzip') {
      const gunzip = createGunzip({ chunkSize: 256 * 1024 })
      try {
        void feed(all(), gunzip)
        yield* readTar(gunzip)
      } finally {
        gunzip.destroy()
      }
    } else yield* readTar(all())
  } finally {
    file.destroy()
  }
}

/** Writes all of it; a failure ends the stream, whose reader is told. */
async function feed(from: AsyncIterable<Buffer>, to: ReturnType<typeof createGunzip>): Promise<void> {
  try {
    for await (const part of from) {
      if (to.destroyed) return
      if (!to.write(part)) await new Promise((resolve) => to.once('drain', resolve).once('close', resolve))
    }
    to.end()
  } catch (error) {
    to.destroy(error as Error)
  }
}

async function takeEntry(
  reading: Reading,
  given: TarEntry,
  at: { tar: number; entry: number },
): Promise<ContextEntry | null> {
  const { path, mode, mtime } = given
  const plain = { path, mode, mtime, place: null, content: '', packing: null }
  switch (given.type) {
    case 'folder':
      return path === '' ? null : { ...plain, type: 'folder' }
    case 'symlink':
      return { ...plain, type: 'symlink', content: given.target }
    case 'hardlink': {
      const target = reading.found.get(given.target)
      if (target === undefined) throw new TarError(`${path.slice(0, 200)} is a link to what is not there`)
      return { ...target, path }
    }
    case 'file': {
      if (path === '') throw new TarError('it has a file without a name')
      const hash = createHash('sha256')
      let head: Buffer = Buffer.alloc(0)
      const isIgnoreFile = path === ignoreFile
      const wanted = isIgnoreFile ? buildLimits.ignoreFileBytes : 4096
      for await (const part of given.content) {
        reading.signal.throwIfAborted()
        hash.update(part)
        if (head.length < wanted) head = Buffer.concat([head, part.subarray(0, wanted - head.length)])
      }
      const place = { ...at, size: given.size }
      if (isIgnoreFile) reading.ignoreText = head.toString('utf8')
      return { ...plain, type: 'file', place, content: hash.digest('hex'), packing: packedIn(reading, head, path) }
    }
    case 'other':
      return null // A device or a pipe: nothing that could be copied.
  }
}

async function leaveOut({ found, ignoreText, signal }: Reading): Promise<Map<string, ContextEntry>> {
  const place = found.get(ignoreFile)?.place
  if (place === null || place === undefined) return found
  if (place.size > buildLimits.ignoreFileBytes) {
    throw new PlatformError('BAD_REQUEST', `${ignoreFile} is larger than ${buildLimits.ignoreFileBytes} bytes`)
  }
  let ignore: Ignore
  try {
    ignore = parseIgnore(ignoreText)
  } catch (error) {
    throw new PlatformError('BAD_REQUEST', (error as Error).message)
  }
  const kept = new Map<string, ContextEntry>()
  const deadline = performance.now() + buildLimits.ignoreMs
  let pauseAt = 0
  for (const [path, entry] of found) {
    // Others have their turn in between: there may be many, and many rules.
    if (performance.now() > pauseAt) {
      await setImmediate()
      signal.throwIfAborted()
      if (performance.now() > deadline) throw new PlatformError('BAD_REQUEST', `${ignoreFile} takes too long to follow`)
      pauseAt = performance.now() + 10
    }
    if (!ignore(path)) kept.set(path, entry)
  }
  return kept
}

/** What is in each folder, also in those that are only in the paths of others. */
function listFolders(entries: Map<string, ContextEntry>): Map<string, Set<string>> {
  const folders = new Map<string, Set<string>>([['', new Set()]])
  const add = (path: string): void => {
    for (let child = path; child !== ''; ) {
      const slash = child.lastIndexOf('/')
      const parent = slash < 0 ? '' : child.slice(0, slash)
      const names = folders.get(parent)
      const name = child.slice(slash + 1)
      if (names?.has(name) === true) return
      if (names === undefined) {
        folders.set(parent, new Set([name]))
        if (folders.size > buildLimits.contextEntries) {
          throw new PlatformError(
            'BAD_REQUEST',
            `The build context has more than ${buildLimits.contextEntries} folders`,
          )
        }
      } else names.add(name)
      child = parent
    }
  }
  for (const [path, { type }] of entries) {
    add(path)
    if (type === 'folder' && !folders.has(path)) folders.set(path, new Set())
  }
  for (const path of folders.keys()) {
    if (path === '' || entries.get(path)?.type === 'folder') continue
    // Nothing says how it was; and a link or file cannot have anything in it.
    entries.set(path, { path, type: 'folder', mode: 0o755, mtime: 0, place: null, content: '', packing: null })
  }
  return folders
}

function packedIn(reading: Reading, head: Buffer, path: string): Packing | null {
  const packing = packingOf(head, path)
  if (packing !== 'gzip') return packing
  // A file that is packed alone stays as it is.
  if (++reading.packed > buildLimits.packedFiles) return /\.t(ar\.)?gz$/i.test(path) ? packing : null
  return isTarInside(head) ? packing : null
}

function packingOf(head: Buffer, path: string): Packing | null {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  if (head.toString('latin1', 0, 3) === 'BZh') return /\.t(ar\.)?bz2?$|\.tb2$/i.test(path) ? 'bzip2' : null
  if (head.toString('latin1', 0, 6) === '\xfd7zXZ\0') return /\.t(ar\.)?xz$/i.test(path) ? 'xz' : null
  if (head.length > 4 && head.readUInt32LE(0) === 0xfd2fb528) {
    return /\.t(ar\.)?zst$/i.test(path) ? 'zstd' : null
  }
  return isHeader(head.subarray(0, 512)) ? 'tar' : null
}

function isTarInside(head: Buffer): boolean {
  try {
    const inner = gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 16 * 1024 * 1024 })
    return isHeader(inner.subarray(0, 512))
  } catch {
    return false // Broken: it is copied as it is.
  }
}

function broken(error: unknown): unknown {
  const { message } = error as Error
  // What ends a build has a number for its code.
  const code = String((error as NodeJS.ErrnoException).code)
  if (code === 'ENOENT') return new PlatformError('BAD_REQUEST', 'A build context is not there; upload it again')
  if (error instanceof TarError) return new PlatformError('BAD_REQUEST', `A build context cannot be read: ${message}`)
  if (code.startsWith('Z_')) return new PlatformError('BAD_REQUEST', 'A build context cannot be unpacked')
  return error
}
