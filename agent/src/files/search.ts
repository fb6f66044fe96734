import { limits } from '@sandyard/protocol/limits'
import { compileGlob } from './glob.ts'
import { type WalkRoot, walk } from './walk.ts'

/**
 * Finds files and folders, the root included, whose own name matches a glob; none for a pattern that is not valid.
 * Stops at the limit of one answer.
 */
export async function searchFiles(root: WalkRoot, pattern: string, signal: AbortSignal): Promise<string[]> {
  const matches = compileGlob(pattern)
  const found: string[] = []
  for await (const { name, shown } of walk(root, signal)) {
    if (matches === null) break
    if (matches(name)) found.push(shown.toString())
    if (found.length === limits.fileCount) break
  }
  return found
}
