import type { fileRoutes, RouteInput, RouteOutput } from '@sandyard/protocol'
import { isPlatformError } from '@sandyard/protocol/errors'
import { toFileError } from './file-error.ts'
import { resolvePath } from './path.ts'
import { replaceInFile } from './replace-file.ts'

type Result = RouteOutput<typeof fileRoutes.replaceInFiles>[number]

/** One replace call: the files, named as the caller did, and what to replace. */
export interface Replace extends Readonly<RouteInput<typeof fileRoutes.replaceInFiles>['body']> {
  readonly workDir: string
}

/** Replaces a text in files, one after another; a file that fails does not stop the others. */
export async function replaceInFiles(replace: Replace, signal: AbortSignal): Promise<Result[]> {
  const { workDir, files, pattern, newValue } = replace
  const change = { wanted: Buffer.from(pattern), replacement: Buffer.from(newValue) }
  const results: Result[] = []
  for (const file of files) {
    signal.throwIfAborted()
    try {
      await replaceInFile(resolvePath(workDir, file), change)
      results.push({ file, success: true })
    } catch (thrown) {
      const error = toFileError(thrown, file)
      if (!isPlatformError(error)) throw error
      results.push({ file, success: false, error: error.message })
    }
  }
  return results
}
