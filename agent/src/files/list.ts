import { resolve } from 'node:path'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { type FileInfo, readFileInfo } from './file-info.ts'
import { joinName, quotePath } from './path.ts'
import { type FolderEntry, readFolder } from './read-folder.ts'

const statsAtOnce = 32

/**
 * Lists a folder, each level sorted by name and followed by what is below it down to `depth` levels.
 * Links to folders are shown and never entered. What cannot be read, such as a broken link, is left out.
 */
export async function listFiles(folder: string, depth: number, signal: AbortSignal): Promise<FileInfo[]> {
  const found: FileInfo[] = []
  const fullPath = resolve(folder)

  async function collect(path: Buffer, shown: Buffer, level: number, entries: readonly FolderEntry[]): Promise<void> {
    for (let index = 0; index < entries.length; index += statsAtOnce) {
      signal.throwIfAborted()
      const some = entries.slice(index, index + statsAtOnce)
      const infos = await Promise.all(some.map((entry) => infoOf(path, shown, entry)))
      for (const [at, info] of infos.entries()) {
        const entry = some[at]
        if (info === null || entry === undefined) continue
        found.push(info)
        checkCount(found.length, folder)
        if (level >= depth || !entry.isFolder) continue
        const child = joinName(path, entry.name)
        // A folder below that may not be read, or has just gone, is shown without its content.
        const below = await readFolder(child, limits.fileCount + 1).catch(() => [])
        await collect(child, joinName(shown, entry.name), level + 1, below)
      }
    }
  }

  async function infoOf(path: Buffer, shown: Buffer, entry: FolderEntry): Promise<FileInfo | null> {
    const full = depth > 1 ? joinName(shown, entry.name).toString() : undefined
    return readFileInfo(joinName(path, entry.name), entry.name.toString(), full).catch(() => null)
  }

  const path = Buffer.from(folder)
  const entries = await readFolder(path, limits.fileCount + 1)
  await collect(path, Buffer.from(fullPath), 1, entries)
  return found
}

function checkCount(count: number, folder: string): void {
  if (count <= limits.fileCount) return
  const message = `more than ${limits.fileCount} files to list: ${quotePath(folder)}`
  throw new PlatformError('UNPROCESSABLE_ENTITY', message)
}
