import { type BigIntStats, constants } from 'node:fs'
import { chmod, chown, lchown, link, lstat, mkdir, open, readlink, symlink, utimes } from 'node:fs/promises'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { errnoOf } from './file-error.ts'
import { openRegular, writeAll } from './open-file.ts'
import { joinName, quotePath } from './path.ts'
import { readFolder } from './read-folder.ts'

const chunkBytes = 256 * 1024

/**
 * Copies a file, link or folder to a path that does not exist, with links as links, modes, times and, as far as the
 * agent may, owners; several names of one file stay so. Fails on pipes, sockets and devices, and stops on a signal; the
 * caller removes what is half done.
 */
export async function copyTree(source: Buffer, target: Buffer, signal: AbortSignal): Promise<void> {
  await copyAny(source, target, { signal, copies: new Map() })
}

/** One copy of a tree under way. */
interface Copying {
  readonly signal: AbortSignal
  /** where a file of several names was copied to, by its place */
  readonly copies: Map<string, Buffer>
}

async function copyAny(source: Buffer, target: Buffer, copying: Copying): Promise<void> {
  copying.signal.throwIfAborted()
  const stats = await lstat(source, { bigint: true })
  if (stats.isSymbolicLink()) {
    await symlink(await readlink(source, { encoding: 'buffer' }), target)
    await keepOwner(lchown(target, Number(stats.uid), Number(stats.gid)))
    return
  }
  if (stats.isDirectory()) {
    const entries = await readFolder(source, limits.fileCount + 1)
    if (entries.length > limits.fileCount) {
      const where = quotePath(source.toString())
      throw new PlatformError('UNPROCESSABLE_ENTITY', `more than ${limits.fileCount} files to copy: ${where}`)
    }
    await mkdir(target, 0o700)
    for (const { name } of entries) {
      await copyAny(joinName(source, name), joinName(target, name), copying)
    }
  } else if (stats.isFile()) {
    const place = `${stats.dev}-${stats.ino}`
    const copy = stats.nlink > 1n ? copying.copies.get(place) : undefined
    if (copy !== undefined) return link(copy, target)
    await copyFile(source, target, copying.signal)
    if (stats.nlink > 1n) copying.copies.set(place, target)
  } else throw new PlatformError('INVALID_FILE_PATH', `not a regular file: ${quotePath(source.toString())}`)
  await keepAttributes(target, stats)
}

async function copyFile(source: Buffer, target: Buffer, signal: AbortSignal): Promise<void> {
  const from = await openRegular(source, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const to = await open(target, 'wx', 0o600)
    try {
      const buffer = Buffer.allocUnsafe(chunkBytes)
      // A file with holes must not become one that fills the disk.
      const isSparse = from.stats.blocks * 512n < from.stats.size
      let position = 0
      for (;;) {
        signal.throwIfAborted()
        const { bytesRead } = await from.handle.read(buffer, 0, buffer.length, position)
        if (bytesRead === 0) break
        const bytes = buffer.subarray(0, bytesRead)
        if (!isSparse || !isZero(bytes)) await writeAll(to, bytes, position)
        position += bytesRead
      }
      if (isSparse) await to.truncate(position)
    } finally {
      await to.close()
    }
  } finally {
    await from.handle.close()
  }
}

const zeros = Buffer.alloc(chunkBytes)

function isZero(bytes: Buffer): boolean {
  return zeros.compare(bytes, 0, bytes.length, 0, bytes.length) === 0
}

async function keepAttributes(target: Buffer, stats: BigIntStats): Promise<void> {
  const isSameOwner = await keepOwner(chown(target, Number(stats.uid), Number(stats.gid)))
  // A program must not run as whoever made the copy because it ran as another user before.
  await chmod(target, Number(stats.mode) & (isSameOwner ? 0o7777 : 0o1777))
  await utimes(target, Number(stats.atimeMs) / 1000, Number(stats.mtimeMs) / 1000)
}

/** False when the copy belongs to who made it, as only root may give files away. */
async function keepOwner(change: Promise<void>): Promise<boolean> {
  try {
    await change
    return true
  } catch (thrown) {
    if (errnoOf(thrown) === 'EPERM') return false
    throw thrown
  }
}
