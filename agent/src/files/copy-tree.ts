import { type BigIntStats, constants } from 'node:fs'
import { chmod, chown, lchown, lstat, mkdir, open, readlink, symlink, utimes } from 'node:fs/promises'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { errnoOf } from './file-error.ts'
import { openRegular, writeAll } from './open-file.ts'
import { joinName, quotePath } from './path.ts'
import { readFolder } from './read-folder.ts'

const chunkBytes = 256 * 1024

/**
 * Copies a file, link or folder to a path that does not exist, with links as links, modes, times and, as far as the
 * agent may, owners. Fails on pipes, sockets and devices, and stops on a signal; the caller removes what is half done.
 */
export async function copyTree(source: Buffer, target: Buffer, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
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
      await copyTree(joinName(source, name), joinName(target, name), signal)
    }
  } else if (stats.isFile()) await copyFile(source, target, signal)
  else throw new PlatformError('INVALID_FILE_PATH', `not a regular file: ${quotePath(source.toString())}`)
  await keepAttributes(target, stats)
}

async function copyFile(source: Buffer, target: Buffer, signal: AbortSignal): Promise<void> {
  const from = await openRegular(source, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const to = await open(target, 'wx', 0o600)
    try {
      const buffer = Buffer.allocUnsafe(chunkBytes)
      for (;;) {
        signal.throwIfAborted()
        const { bytesRead } = await from.handle.read(buffer, 0, buffer.length, null)
        if (bytesRead === 0) break
        await writeAll(to, buffer.subarray(0, bytesRead), null)
      }
    } finally {
      await to.close()
    }
  } finally {
    await from.handle.close()
  }
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
