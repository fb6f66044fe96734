import { constants } from 'node:fs'
import { copyFile, mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CommandError } from '../exit-codes.ts'

/** What became of a file. */
export interface Written {
  /** false: it was as wanted already */
  readonly isChanged: boolean
  /** a copy of what was there before; null where nothing was */
  readonly backup: string | null
}

/**
 * Changes a file of somebody else's program in one step, after a copy was made of it. Links stay links.
 *
 * @param change makes the new text of the old one, which is empty when there is no file
 */
export async function writeConfig(file: string, nowMs: number, change: (text: string) => string): Promise<Written> {
  const target = await realpath(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return file
    throw cannot(file, error)
  })
  try {
    const old = await readFile(target, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    })
    const next = change(old ?? '')
    if (next === old) return { isChanged: false, backup: null }
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    const backup = old === null ? null : `${target}.${new Date(nowMs).toISOString().replaceAll(':', '-')}.bak`
    if (backup !== null) await copyFile(target, backup, constants.COPYFILE_EXCL)
    const mode = old === null ? 0o600 : (await stat(target)).mode & 0o777
    await replace(target, next, mode)
    return { isChanged: true, backup }
  } catch (error) {
    throw cannot(file, error as NodeJS.ErrnoException)
  }
}

async function replace(target: string, text: string, mode: number): Promise<void> {
  const fresh = `${target}.${process.pid}.new`
  try {
    await writeFile(fresh, text, { mode, flag: 'wx' })
    await rename(fresh, target)
  } catch (error) {
    await rm(fresh, { force: true })
    throw error
  }
}

function cannot(file: string, error: Error): CommandError {
  return new CommandError(
    `${file} was left as it is: ${error.message}`,
    undefined,
    'sandyard mcp init --print shows what to put there',
  )
}
