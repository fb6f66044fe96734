import { constants } from 'node:fs'
import { dirname } from 'node:path'
import { PlatformError } from '@sandyard/protocol/errors'
import { errnoOf, toFileError } from './file-error.ts'
import { makeFolders } from './make-folders.ts'
import { type OpenFile, openRegular, writeAll } from './open-file.ts'

/**
 * Writes a file as its bytes come, and makes its parents (0755). An existing file keeps its inode, owner and mode,
 * and a link is written through. Whatever ends it early leaves the part that was written.
 * Returns the number of bytes.
 */
export async function writeFile(path: string, chunks: AsyncIterable<Buffer>): Promise<number> {
  const { handle } = await openToWrite(path)
  let size = 0
  try {
    for await (const chunk of chunks) {
      await writeAll(handle, chunk, null)
      size += chunk.length
    }
  } catch (thrown) {
    await handle.close()
    throw thrown
  }
  try {
    await handle.close()
  } catch (thrown) {
    // Some file systems tell only now that the bytes did not arrive.
    const error = toFileError(thrown, path)
    throw error instanceof PlatformError ? new PlatformError(error.code, `close: ${error.message}`) : error
  }
  return size
}

async function openToWrite(path: string): Promise<OpenFile> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC
  try {
    return await openRegular(path, flags)
  } catch (thrown) {
    if (errnoOf(thrown) !== 'ENOENT') throw thrown
    await makeFolders(dirname(path), 0o755)
    return openRegular(path, flags)
  }
}
