import type { fileRoutes, RouteOutput } from '@sandyard/protocol'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { toFileError } from './file-error.ts'
import { findLines } from './find-lines.ts'
import { openRegular } from './open-file.ts'
import { type WalkEntry, type WalkRoot, walk } from './walk.ts'

type Match = RouteOutput<typeof fileRoutes.findInFiles>[number]

/** Files that say they are empty may be endless; this much of them is read, bytes. */
const leastBytes = 1024 * 1024

/**
 * Finds the lines that hold a text, in one file or in all regular files below a folder. What cannot be read, and
 * binary files, are left out. Stops at the limits of one answer.
 */
export async function findInFiles(root: WalkRoot, text: string, signal: AbortSignal): Promise<Match[]> {
  const wanted = Buffer.from(text)
  const matches: Match[] = []
  let answerBytes = 0

  async function findInFile(entry: WalkEntry): Promise<void> {
    const { handle, stats } = await openRegular(entry.path)
    try {
      const file = entry.shown.toString()
      const limit = { bytes: Math.max(Number(stats.size), leastBytes), signal }
      for await (const { line, content } of findLines(handle, wanted, limit)) {
        matches.push({ file, line, content })
        answerBytes += file.length + content.length
        if (isFull()) return
      }
    } finally {
      await handle.close()
    }
  }

  function isFull(): boolean {
    return matches.length >= limits.matchCount || answerBytes >= limits.toolboxBodyBytes
  }

  for await (const entry of walk(root, signal)) {
    if (!entry.isFile) continue
    await findInFile(entry).catch((thrown: unknown) => {
      // It may not be read, or has gone.
      if (!(toFileError(thrown) instanceof PlatformError)) throw thrown
    })
    if (isFull()) break
  }
  return matches
}
