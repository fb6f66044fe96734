import { type BigIntStats, stat, statSync } from 'node:fs'
import { lstat, readlink, statfs } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { type FileInfo, toFileInfo } from './file-info.ts'
import { joinName, quotePath } from './path.ts'
import { type FolderEntry, readFolder } from './read-folder.ts'

const statsAtOnce = 64

/**
 * File systems that answer at once, by the magic number of statfs(2): btrfs, ext, xfs, overlay and tmpfs. Their files
 * are asked about without the detour over another thread, which costs three times as much.
 */
const promptFileSystems: ReadonlySet<number> = new Set([0x9123683e, 0xef53, 0x58465342, 0x794c7630, 0x01021994])

/** How a folder is listed. */
export interface Listing {
  /** levels, from 1 */
  readonly depth: number
  /** true when links are to be told as such, and broken ones too */
  readonly isWithLinks: boolean
}

/**
 * Lists a folder, each level sorted by name and followed by what is below it down to `depth` levels.
 * Links to folders are shown and never entered. What cannot be read, such as a broken link, is left out.
 */
export async function listFiles(
  folder: string,
  { depth, isWithLinks }: Listing,
  signal: AbortSignal,
): Promise<FileInfo[]> {
  const found: FileInfo[] = []
  const fullPath = resolve(folder)

  async function collect(path: Buffer, shown: Buffer, level: number, entries: readonly FolderEntry[]): Promise<void> {
    const isPrompt = entries.length > statsAtOnce && (await answersAtOnce(path))
    for (let index = 0; index < entries.length; index += statsAtOnce) {
      signal.throwIfAborted()
      const some = entries.slice(index, index + statsAtOnce)
      const stats = await readStats(path, some, isPrompt)
      for (const [at, entry] of some.entries()) {
        const full = depth > 1 ? joinName(shown, entry.name).toString() : undefined
        const link = isWithLinks ? await readLink(path, entry) : null
        const read = stats[at] ?? link?.stats
        if (read === undefined) continue
        const info = toFileInfo(read, entry.name.toString(), full)
        found.push(link === null ? info : { ...info, linkTarget: link.target, isBroken: stats[at] === undefined })
        checkCount(found.length, folder)
        if (level >= depth || !entry.isFolder) continue
        const child = joinName(path, entry.name)
        // A folder below that may not be read, or has just gone, is shown without its content.
        const below = await readFolder(child, limits.fileCount + 1).catch(() => [])
        await collect(child, joinName(shown, entry.name), level + 1, below)
      }
    }
  }

  const path = Buffer.from(folder)
  const entries = await readFolder(path, limits.fileCount + 1)
  await collect(path, Buffer.from(fullPath), 1, entries)
  return found
}

/** A link itself, and what is written in it; null for what is none. */
async function readLink(
  folder: Buffer,
  { name, isFile, isFolder }: FolderEntry,
): Promise<{ stats: BigIntStats; target: string } | null> {
  if (isFile || isFolder) return null
  const path = joinName(folder, name)
  try {
    const target = await readlink(path, { encoding: 'buffer' })
    return { stats: await lstat(path, { bigint: true }), target: target.toString() }
  } catch {
    return null // It is no link, or has gone.
  }
}

/** What the entries lead to, in their order; undefined for what cannot be read. */
async function readStats(
  folder: Buffer,
  entries: readonly FolderEntry[],
  isPrompt: boolean,
): Promise<(BigIntStats | undefined)[]> {
  const start = joinName(folder, Buffer.alloc(0))
  const stats = await Promise.all(
    entries.map((entry) => {
      const path = Buffer.concat([start, entry.name])
      // Links and mounted folders may lead to a file system that keeps us waiting.
      return isPrompt && entry.isFile ? statAtOnce(path) : statAside(path)
    }),
  )
  // Lets other calls go on while a large folder is read.
  if (isPrompt) await setImmediate()
  return stats
}

function statAtOnce(path: Buffer): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch {
    return undefined // It may not be read, and is left out.
  }
}

function statAside(path: Buffer): Promise<BigIntStats | undefined> {
  return new Promise((resolve) => {
    stat(path, { bigint: true }, (error, stats) => resolve(error === null ? stats : undefined))
  })
}

async function answersAtOnce(folder: Buffer): Promise<boolean> {
  const { type } = await statfs(folder).catch(() => ({ type: 0 }))
  return promptFileSystems.has(type)
}

function checkCount(count: number, folder: string): void {
  if (count <= limits.fileCount) return
  const message = `more than ${limits.fileCount} files to list: ${quotePath(folder)}`
  throw new PlatformError('UNPROCESSABLE_ENTITY', message)
}
