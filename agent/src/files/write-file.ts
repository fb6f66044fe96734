import type { FileHandle } from 'node:fs/promises'
import { PlatformError } from '@sandyard/protocol/errors'
import { tagOf } from './conditions.ts'
import { toFileError } from './file-error.ts'
import { openTarget, type Target } from './write-target.ts'

/** Content up to this size, bytes, is complete before the file is touched. */
const heldBytes = 1024 * 1024

/** What was written. */
export interface Written {
  readonly sizeBytes: number
  /** entity tag of the file as it is now, as a download has it */
  readonly tag: string
}

/**
 * Writes a file as its bytes come, and makes its parents (0755). They go into a file beside it, which takes its place when
 * all have arrived: a caller who leaves, or a disk that is full, changes nothing. Owner and mode are kept, links are
 * followed. Where a file cannot be replaced by another (`openBeside`) it is written in place, and the old content goes when
 * the new begins; a small one that does not arrive whole changes nothing there either.
 * @param ifMatch entity tags as in `If-Match`: fails unless the file is one of these versions when it is replaced
 */
export async function writeFile(
  path: string,
  content: AsyncIterable<readonly Buffer[]>,
  ifMatch?: string,
): Promise<Written> {
  const batches = content[Symbol.asyncIterator]()
  const held: Buffer[] = []
  let sizeBytes = 0
  let isWhole = false
  while (sizeBytes < heldBytes && !isWhole) {
    const { value, done } = await batches.next()
    isWhole = done === true
    for (const bytes of done ? [] : value) {
      held.push(bytes)
      sizeBytes += bytes.length
    }
  }

  const target = await openTarget(path, { isWhole, ifMatch })
  try {
    await writeBatch(target.handle, held)
    held.length = 0
    while (!isWhole) {
      const { value, done } = await batches.next()
      if (done) break
      for (const bytes of value) sizeBytes += bytes.length
      await writeBatch(target.handle, value)
    }
    return { sizeBytes, tag: await finish(target, path) }
  } finally {
    await target.end()
  }
}

async function finish(target: Target, path: string): Promise<string> {
  try {
    return tagOf(await target.finish())
  } catch (thrown) {
    // Some file systems tell only now that the bytes did not arrive.
    const error = toFileError(thrown, path)
    if (!(error instanceof PlatformError) || error === thrown) throw error
    throw new PlatformError(error.code, `close: ${error.message}`)
  }
}

/** Writes all of the bytes where the handle stands, in as few calls as the OS needs. */
async function writeBatch(handle: FileHandle, batch: readonly Buffer[]): Promise<void> {
  let left = batch.filter((bytes) => bytes.length > 0)
  while (left.length > 0) {
    const { bytesWritten } = await handle.writev(left)
    // A file system that takes nothing and says no error would keep us here for ever.
    if (bytesWritten === 0) throw new PlatformError('INSUFFICIENT_STORAGE', 'the file system takes no more bytes')
    left = withoutFirst(left, bytesWritten)
  }
}

function withoutFirst(batch: Buffer[], count: number): Buffer[] {
  let skipped = 0
  for (const [index, bytes] of batch.entries()) {
    if (skipped + bytes.length > count) return [bytes.subarray(count - skipped), ...batch.slice(index + 1)]
    skipped += bytes.length
  }
  return []
}
