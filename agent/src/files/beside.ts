import { type BigIntStats, constants, unlinkSync } from 'node:fs'
import { type FileHandle, lstat, open, realpath, rename, unlink } from 'node:fs/promises'
import { newId } from '../new-id.ts'
import { errnoOf } from './file-error.ts'
import { type OpenFile, writeAll } from './open-file.ts'
import { joinName } from './path.ts'
import { inTurn } from './turns.ts'

/** A new file in the folder of a place, under another name until it takes the place. */
export interface Beside {
  /** of the new file, to read and write */
  readonly handle: FileHandle
  /**
   * Closes the file and puts it in its place as a whole, with mode and owner of the one that it replaces. Gives what the
   * place has then.
   * @param check throws when what has the place now is not to be replaced; null when nothing has it
   */
  take(check?: (now: BigIntStats | null) => void): Promise<BigIntStats>
  /** Lets go of the file; what has not taken the place is removed. */
  end(): Promise<void>
}

/** Why a file cannot have a successor, where it can be written over all the same. */
const refusals: ReadonlySet<string | undefined> = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENAMETOOLONG',
  'ENOENT',
  'ENOTDIR',
])

/** Files that have not taken their place; an agent that is told to end leaves none. */
const unfinished = new Set<Buffer>()
process.once('exit', () => {
  for (const path of unfinished) {
    try {
      unlinkSync(path)
    } catch {
      // The sandbox has removed it.
    }
  }
})

/**
 * Makes a file that is to replace an open one, or to be new at a path without one. Links are followed; the folder is held
 * by its descriptor, so that nothing that is put in its way meanwhile leads elsewhere. Null when that is not possible, and
 * the file is to be written in place: it has more names, or its folder or its owner do not allow a successor.
 */
export async function openBeside(path: string, old: OpenFile | null): Promise<Beside | null> {
  if (old !== null && old.stats.nlink !== 1n) return null
  let folder: FileHandle | undefined
  try {
    const real = old === null ? Buffer.from(path) : await realpath(path, { encoding: 'buffer' })
    const slash = real.lastIndexOf(0x2f)
    folder = await open(real.subarray(0, slash + 1), constants.O_RDONLY | constants.O_DIRECTORY)
    const beside = await makeBeside(folder, real.subarray(slash + 1), old)
    if (beside === null) await folder.close()
    return beside
  } catch (thrown) {
    await folder?.close()
    if (refusals.has(errnoOf(thrown))) return null
    throw thrown
  }
}

/** Leaves the folder to its caller unless it has made a file. */
async function makeBeside(folder: FileHandle, name: Buffer, old: OpenFile | null): Promise<Beside | null> {
  if (['', '.', '..'].includes(name.toString())) return null
  const held = Buffer.from(`/proc/self/fd/${folder.fd}`)
  const place = joinName(held, name)
  const path = joinName(held, Buffer.from(`.upload-${newId()}`))
  const there = await lookAt(place)
  // Another file than the one that was opened, or a link that leads to nothing yet.
  if (there?.ino !== old?.stats.ino || there?.dev !== old?.stats.dev) return null

  const handle = await open(path, 'wx+', old === null ? 0o644 : 0o600)
  unfinished.add(path)
  const remove = async (): Promise<void> => {
    await handle.close()
    // A program of the sandbox may have been quicker.
    if (unfinished.delete(path)) await unlink(path).catch(() => undefined)
  }
  try {
    if (old !== null) await keepOwner(handle, old.stats)
  } catch (thrown) {
    await remove()
    throw thrown
  }

  async function replace(stats: BigIntStats): Promise<BigIntStats> {
    try {
      await rename(path, place)
      unfinished.delete(path)
      return stats
    } catch (thrown) {
      // Something is mounted there: the file itself has to stay.
      if (old === null || errnoOf(thrown) !== 'EBUSY') throw thrown
      await copyOver(path, old.handle)
      return await old.handle.stat({ bigint: true })
    }
  }

  return {
    handle,
    async take(check) {
      if (old !== null) await handle.chmod(Number((await old.handle.stat()).mode) & 0o7777)
      const stats = await handle.stat({ bigint: true })
      await handle.close()
      if (check === undefined) return await replace(stats)
      const { dev, ino } = await folder.stat({ bigint: true })
      return await inTurn(`${dev}-${ino}/${name.toString('latin1')}`, async () => {
        check(await lookAt(place))
        return await replace(stats)
      })
    },
    async end() {
      await remove()
      await folder.close()
    },
  }
}

async function lookAt(path: Buffer): Promise<BigIntStats | null> {
  try {
    return await lstat(path, { bigint: true })
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return null
    throw thrown
  }
}

/** Fails where the owner of the old file may not be given to the new one. */
async function keepOwner(handle: FileHandle, old: BigIntStats): Promise<void> {
  const { uid, gid } = await handle.stat({ bigint: true })
  if (uid !== old.uid || gid !== old.gid) await handle.chown(Number(old.uid), Number(old.gid))
}

const chunkBytes = 256 * 1024

/** Writes a file over an open one. */
async function copyOver(path: Buffer, to: FileHandle): Promise<void> {
  const from = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const buffer = Buffer.allocUnsafe(chunkBytes)
    let position = 0
    for (;;) {
      const { bytesRead } = await from.read(buffer, 0, buffer.length, position)
      if (bytesRead === 0) break
      await writeAll(to, buffer.subarray(0, bytesRead), position)
      position += bytesRead
    }
    await to.truncate(position)
  } finally {
    await from.close()
  }
}
