import type { IncomingMessage } from 'node:http'
import { isPlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { toFileError } from './file-error.ts'
import { type Part, readParts, readText } from './multipart.ts'
import { resolvePath } from './path.ts'
import { writeFile } from './write-file.ts'

/** What became of a bulk upload. */
export interface BulkUpload {
  /** files that are written, under the paths that were given */
  readonly files: { path: string; bytes: number }[]
  /** one sentence for each part that failed; empty when all is well */
  readonly errors: string[]
}

/**
 * Writes the files of a multipart body as they arrive: `files[N].path` and after it `files[N].file`, for each N
 * (toolbox.md 1.2.1). Parts of other names are skipped. A failed file does not stop the others; a broken body does.
 */
export async function uploadFiles(workDir: string, request: IncomingMessage): Promise<BulkUpload> {
  const files: BulkUpload['files'] = []
  const errors: string[] = []
  /** by N; null where the path was refused */
  const paths = new Map<string, string | null>()
  let pathBytes = 0

  async function takePath(index: string, part: Part): Promise<void> {
    const path = (await readText(part, limits.pathBytes))?.trim()
    pathBytes += Buffer.byteLength(path ?? '')
    if (path === undefined) errors.push(`path[${index}]: longer than ${limits.pathBytes} bytes`)
    else if (path === '') errors.push(`path[${index}]: empty path`)
    else if (pathBytes > limits.toolboxBodyBytes) errors.push(`path[${index}]: all paths together are too long`)
    else {
      paths.set(index, path)
      return
    }
    paths.set(index, null)
  }

  async function takeFile(index: string, part: Part): Promise<void> {
    const path = paths.get(index)
    if (path === undefined) errors.push(`file[${index}]: missing .path metadata`)
    if (path === undefined || path === null) return
    try {
      const { sizeBytes } = await writeFile(resolvePath(workDir, path), part.body)
      files.push({ path, bytes: sizeBytes })
    } catch (thrown) {
      const error = toFileError(thrown, path)
      // A body that has ended is no fault of this one file.
      if (!isPlatformError(error) || error.code === 'INVALID_REQUEST_BODY') throw error
      errors.push(`file[${index}]: ${error.message}`)
    }
  }

  try {
    for await (const part of readParts(request)) {
      const [, index = '', kind] = /^files\[([^\]]{0,64})\]\.(path|file)$/.exec(part.name) ?? []
      if (kind === 'path') await takePath(index, part)
      if (kind === 'file') await takeFile(index, part)
    }
  } catch (thrown) {
    if (!isPlatformError(thrown)) throw thrown
    errors.push(thrown.message)
  }
  return { files, errors }
}
