import { stat } from 'node:fs/promises'
import { basename, posix } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { joinName } from './path.ts'
import { type FolderEntry, readFolder } from './read-folder.ts'

/** One file or folder met on a walk. */
export interface WalkEntry {
  /** for the OS */
  readonly path: Buffer
  /** for the answer: joined on the path as the caller gave it */
  readonly shown: Buffer
  readonly name: string
  readonly isFile: boolean
}

/**
 * Does work that walks a tree, and stops it when the caller leaves or it takes longer than `limits.walkMs`.
 * Throws REQUEST_TIMEOUT then: an answer that is cut silently would be taken for all there is.
 */
export async function walkInTime<T>(gone: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController()
  const timer = setTimeout(() => {
    const text = `The folder took longer than ${limits.walkMs / 1000} s to look through; ask for a part of it`
    late.abort(new PlatformError('REQUEST_TIMEOUT', text))
  }, limits.walkMs)
  try {
    return await work(AbortSignal.any([gone, late.signal]))
  } finally {
    clearTimeout(timer)
  }
}

/** Where a walk starts. */
export interface WalkRoot {
  /** for the OS */
  readonly path: string
  /** as the caller gave it */
  readonly shown: string
}

interface OpenFolder {
  readonly path: Buffer
  readonly shown: Buffer
  readonly entries: Iterator<FolderEntry>
}

/**
 * Walks a tree, each folder sorted by name: the root first, then what is below it. Only the root may be a link;
 * below it links are met but not followed. Folders that may not be read are met and not entered.
 */
export async function* walk(root: WalkRoot, signal: AbortSignal): AsyncGenerator<WalkEntry> {
  const path = Buffer.from(root.path)
  const stats = await stat(root.path)
  yield { path, shown: Buffer.from(root.shown), name: basename(root.shown) || '/', isFile: stats.isFile() }
  if (!stats.isDirectory()) return

  // Joined and cut again, which drops `./` and doubled slashes.
  const shown = Buffer.from(posix.join(root.shown, 'x').slice(0, -1))
  const entered: OpenFolder[] = [{ path, shown, entries: (await readFolder(path, limits.fileCount)).values() }]
  let met = 0
  for (let folder = entered.at(-1); folder !== undefined; folder = entered.at(-1)) {
    signal.throwIfAborted()
    // Lets other calls go on while a large folder is looked through.
    if (++met % 64 === 0) await setImmediate()
    const next = folder.entries.next()
    if (next.done === true) {
      entered.pop()
      continue
    }
    const { name, isFile, isFolder } = next.value
    const below = { path: joinName(folder.path, name), shown: joinName(folder.shown, name) }
    yield { ...below, name: name.toString(), isFile }
    if (!isFolder) continue
    const entries = await readFolder(below.path, limits.fileCount).catch(() => [])
    entered.push({ ...below, entries: entries.values() })
  }
}
