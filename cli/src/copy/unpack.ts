import { constants } from 'node:fs'
import { chmod, type FileHandle, link, lstat, mkdir, open, symlink, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { CommandError } from '../exit-codes.ts'
import { type ArchiveEntry, type ArchiveTaker, TarReader } from './tar-reader.ts'

/** An archive that becomes files here. */
export interface Unpacking {
  push(bytes: Uint8Array): Promise<void>
  /** Call at the end of the archive; gives how many files there were. */
  finish(): Promise<number>
  /** Lets go of the file that is half written. */
  drop(): Promise<void>
}

/**
 * Unpacks what a sandbox has sent below a folder of this machine. Whatever the archive says, nothing outside of the
 * folder is written, and no link is followed: neither one that was there nor one that came along.
 *
 * @param folder where to; it is made
 * @param skip names of the archive that stand for the folder itself, such as `./app`
 */
export function unpackBelow(folder: string, skip: string, onBytes: (count: number) => void): Unpacking {
  const own = partsOf(skip)
  const safe = new Set<string>()
  /** the others were here, and who may enter those is not for a sandbox to say */
  const made = new Set<string>()
  /** modes of folders are set at the end: one that may not be written would take no files */
  const modes: [path: string, mode: number][] = []
  let current: FileHandle | null = null
  let entry: ArchiveEntry | null = null
  let files = 0

  /** Path here of a name in the archive. */
  const placeOf = (name: string): readonly string[] => {
    const parts = partsOf(name)
    if (parts.includes('..')) throw outside(name)
    if (own.some((part, index) => parts[index] !== part)) throw outside(name)
    return parts.slice(own.length)
  }
  const makeFolder = async (parts: readonly string[]): Promise<string> => {
    let path = folder
    if (!safe.has(path) && (await mkdir(path, { recursive: true })) !== undefined) made.add(path)
    safe.add(path)
    for (const part of parts) {
      path = join(path, part)
      if (safe.has(path)) continue
      try {
        await mkdir(path)
        made.add(path)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
        if (!(await lstat(path)).isDirectory()) throw new CommandError(`${path} is here already, and no folder`)
      }
      safe.add(path)
    }
    return path
  }
  const makeRoom = async (parts: readonly string[]): Promise<string> => {
    const name = parts.at(-1)
    if (name === undefined) throw new CommandError(`${folder} would be no folder`)
    const path = join(await makeFolder(parts.slice(0, -1)), name)
    await unlink(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return
      throw error.code === 'EISDIR' || error.code === 'EPERM' ? new CommandError(`${path} is a folder here`) : error
    })
    return path
  }

  const taker: ArchiveTaker = {
    async begin(next) {
      entry = next
      const parts = placeOf(next.name)
      if (next.kind === 'folder') modes.push([await makeFolder(parts), next.mode])
      else if (next.kind === 'file') {
        const path = await makeRoom(parts)
        // `wx` follows no link, as nothing may be there
        current = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, next.mode | 0o200)
        files += 1
      } else if (next.kind === 'link') await symlink(next.target, await makeRoom(parts))
      else if (next.kind === 'hard-link') {
        const first = placeOf(next.target)
        const name = first.at(-1)
        if (name === undefined) throw outside(next.target)
        await link(join(await makeFolder(first.slice(0, -1)), name), await makeRoom(parts))
        files += 1
      }
    },
    async content(bytes) {
      let rest = bytes
      while (current !== null && rest.length > 0) rest = rest.subarray((await current.write(rest)).bytesWritten)
      onBytes(bytes.length)
    },
    async end() {
      const { mode = 0o644, modified = 0 } = entry ?? {}
      await current?.utimes(modified, modified)
      await current?.chmod(mode)
      await current?.close()
      current = null
    },
  }
  const reader = new TarReader(taker)
  return {
    push: (bytes) => reader.push(bytes),
    async finish() {
      reader.end()
      for (const [path, mode] of modes.reverse()) if (made.has(path)) await chmod(path, mode)
      return files
    },
    async drop() {
      await current?.close().catch(() => {})
    },
  }
}

function partsOf(name: string): readonly string[] {
  if (name.includes('\0')) throw outside(name)
  return name.split('/').filter((part) => part !== '' && part !== '.')
}

function outside(name: string): CommandError {
  return new CommandError(
    `the sandbox sent ${JSON.stringify(name)}, which is not what was asked for: nothing of it is written`,
  )
}
