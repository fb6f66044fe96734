import { constants } from 'node:fs'
import { type FileHandle, open, realpath, rename, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { newId } from '../new-id.ts'
import { errnoOf } from './file-error.ts'
import { type OpenFile, openRegular, writeAll } from './open-file.ts'
import { quotePath } from './path.ts'
import { isFound, type Replacement, writeReplaced } from './write-replaced.ts'

/**
 * Replaces every occurrence of some bytes in a file. The file is changed as a whole or not at all and keeps its mode
 * and owner; links are followed. Where it cannot be swapped for another (it has more names, or its folder may not be
 * written), it is written over in place.
 */
export async function replaceInFile(path: string, change: Replacement): Promise<void> {
  const file = await openRegular(path, constants.O_RDWR)
  try {
    if (file.stats.size > limits.replaceFileBytes) {
      throw new PlatformError('BAD_REQUEST', `larger than ${limits.replaceFileBytes} bytes: ${quotePath(path)}`)
    }
    if (!(await isFound(file.handle, change.wanted))) return
    if (file.stats.nlink === 1n && (await swap(await realpath(path), file, change))) return
    await overwrite(file.handle, change)
  } finally {
    await file.handle.close()
  }
}

/** Puts a changed copy in the file's place; false when the file or its folder does not allow that. */
async function swap(path: string, file: OpenFile, change: Replacement): Promise<boolean> {
  const copyPath = join(dirname(path), `.replace-${newId()}`)
  let isLeft = false
  try {
    const copy = await open(copyPath, 'wx', 0o600)
    isLeft = true
    try {
      await writeReplaced(file.handle, copy, change)
      await copy.chown(Number(file.stats.uid), Number(file.stats.gid))
      await copy.chmod(Number(file.stats.mode) & 0o7777)
    } finally {
      await copy.close()
    }
    await rename(copyPath, path)
    isLeft = false
    return true
  } catch (thrown) {
    if (['EACCES', 'EPERM', 'EROFS', 'EBUSY', 'ENAMETOOLONG'].includes(errnoOf(thrown) ?? '')) return false
    throw thrown
  } finally {
    if (isLeft) await unlink(copyPath)
  }
}

/** Writes the changed content into a file without a name, and from there over the old one. */
async function overwrite(file: FileHandle, change: Replacement): Promise<void> {
  const copyPath = join(tmpdir(), `.replace-${newId()}`)
  const copy = await open(copyPath, 'wx+', 0o600)
  try {
    await unlink(copyPath)
    await writeReplaced(file, copy, change)
    let position = 0
    for await (const bytes of copy.createReadStream({ start: 0, autoClose: false })) {
      await writeAll(file, bytes, position)
      position += bytes.length
    }
    await file.truncate(position)
  } finally {
    await copy.close()
  }
}
