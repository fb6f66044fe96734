import type { Writable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import type { BuildContext, Packing } from './build-context.ts'
import type { Frame } from './job.ts'
import { readTar, TarError } from './read-tar.ts'
import type { Selected } from './select.ts'

/** Takes out what a program of the image's side must unpack, as Node cannot. */
export type Unpack = (packing: 'bzip2' | 'xz', content: AsyncIterable<Buffer>) => Promise<AsyncIterable<Buffer>>

/** What is sent to the program inside. */
export interface Cargo {
  readonly context: BuildContext
  readonly selected: readonly Selected[]
  readonly texts: readonly { readonly name: string; readonly text: string }[]
  /** how tar files are unpacked; `null` leaves them as they are */
  readonly unpack: Unpack | null
}

/** Thrown when the program inside takes no more; its exit code and output tell why. */
export class PipeClosed extends Error {}

/** Sends files as frames, see job.ts. Folders and links first, then the tar files from their beginning. */
export async function sendFrames(to: Writable, { context, selected, texts, unpack }: Cargo): Promise<void> {
  // Of two with one name the last one counts.
  const chosen = [...new Map(selected.map((one) => [`${one.path}/${one.name}`, one])).values()]
  for (const type of ['folder', 'symlink'] as const) {
    for (const { path, name, entry } of chosen) {
      if (entry.type !== type) continue
      await send(to, { ...blank, type, path, name, mode: entry.mode, mtime: entry.mtime, target: entry.content })
    }
  }
  for (const [tar, wanted] of byPlace(chosen)) {
    let number = 0
    for await (const entry of context.open(tar)) {
      const [first, ...copies] = wanted.get(number++) ?? []
      if (first === undefined) continue
      const { packing } = first.entry
      if (packing !== null && unpack !== null) {
        await sendPacked(to, await opened(packing, entry.content, unpack))
        continue
      }
      await sendFile(to, first, entry.content)
      for (const { path, name, entry: copy } of copies)
        await send(to, { ...blank, ...copy, type: 'copy', path, name, size: 0 })
    }
  }
  for (const { name, text } of texts) {
    const bytes = Buffer.from(text)
    await send(to, { ...blank, type: 'file', path: '', name, mode: 0o644, size: bytes.length })
    await write(to, bytes)
  }
  await send(to, { ...blank, type: 'end', path: '', name: '' })
  to.end()
}

const blank: Omit<Frame, 'type' | 'path' | 'name'> = { mode: 0o644, mtime: 0, size: 0, target: '', uid: 0, gid: 0 }

function byPlace(selected: readonly Selected[]): Map<number, Map<number, Selected[]>> {
  const places = new Map<number, Map<number, Selected[]>>()
  for (const one of selected) {
    const { place } = one.entry
    if (place === null) continue
    const tar = places.get(place.tar) ?? new Map<number, Selected[]>()
    places.set(place.tar, tar)
    tar.set(place.entry, [...(tar.get(place.entry) ?? []), one])
  }
  return new Map([...places].sort(([first], [second]) => first - second))
}

async function sendFile(to: Writable, { path, name, entry }: Selected, content: AsyncIterable<Buffer>): Promise<void> {
  const { mode, mtime, place } = entry
  await send(to, { ...blank, type: 'file', path, name, mode, mtime, size: place?.size ?? 0 })
  for await (const part of content) await write(to, part)
}

/** Sends what is in a tar file, with its owners. */
async function sendPacked(to: Writable, content: AsyncIterable<Buffer>): Promise<void> {
  try {
    for await (const entry of readTar(content)) {
      const { path, type, mode, mtime, size, target, uid, gid } = entry
      if (path === '' || type === 'other') continue
      if (uid > 65_534 || gid > 65_534)
        throw new TarError(`it has a file of the user ${uid}:${gid}, which nobody can be`)
      await send(to, { type, path, name: '', mode, mtime, size, target, uid, gid })
      for await (const part of entry.content) await write(to, part)
    }
  } catch (error) {
    const { message } = error as Error
    const code = String((error as NodeJS.ErrnoException).code)
    if (error instanceof TarError || /^(Z|ZSTD)_/.test(code)) {
      throw new TarError(`a tar file cannot be unpacked: ${message}`)
    }
    throw error
  }
}

async function opened(
  packing: Packing,
  content: AsyncIterable<Buffer>,
  unpack: Unpack,
): Promise<AsyncIterable<Buffer>> {
  switch (packing) {
    case 'tar':
      return content
    case 'gzip':
      return through(createGunzip({ chunkSize: 256 * 1024 }), content)
    case 'zstd':
      return through(createZstdDecompress(), content)
    case 'bzip2':
    case 'xz':
      return await unpack(packing, content)
  }
}

function through(
  stream: ReturnType<typeof createGunzip | typeof createZstdDecompress>,
  content: AsyncIterable<Buffer>,
): AsyncIterable<Buffer> {
  feed(stream, content).catch((error: Error) => stream.destroy(error))
  return stream
}

/** Writes all of it and ends the stream; stops when the stream is closed. */
export async function feed(to: Writable, content: AsyncIterable<Buffer>): Promise<void> {
  for await (const part of content) {
    if (to.destroyed) return
    await write(to, part)
  }
  to.end()
}

async function send(to: Writable, frame: Frame): Promise<void> {
  const json = Buffer.from(JSON.stringify(frame))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(json.length)
  await write(to, Buffer.concat([length, json]))
}

async function write(to: Writable, bytes: Buffer): Promise<void> {
  if (to.destroyed || to.errored !== null) throw new PipeClosed()
  if (to.write(bytes)) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      for (const event of ['drain', 'close', 'error']) to.off(event, done)
      resolve()
    }
    for (const event of ['drain', 'close', 'error']) to.once(event, done)
  })
}
