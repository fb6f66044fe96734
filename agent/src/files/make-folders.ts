import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errnoOf } from './file-error.ts'

/**
 * Makes a folder with its parents and gives the topmost one that was made; undefined when the folder was there.
 * Node's own `recursive` never ends where a file system says that a folder is not there and cannot be made, as /proc
 * does: it takes a thread of the agent's four with it.
 */
export async function makeFolders(path: string, mode: number): Promise<string | undefined> {
  try {
    return await makeOne(path, mode)
  } catch (thrown) {
    const parent = dirname(path)
    if (errnoOf(thrown) !== 'ENOENT' || parent === path) throw thrown
    const topmost = await makeFolders(parent, mode)
    const made = await makeOne(path, mode)
    return topmost ?? made
  }
}

async function makeOne(path: string, mode: number): Promise<string | undefined> {
  try {
    await mkdir(path, { mode })
    return path
  } catch (thrown) {
    if (errnoOf(thrown) !== 'EEXIST') throw thrown
    const stats = await stat(path).catch(() => null)
    if (stats?.isDirectory() !== true) throw thrown
    return undefined
  }
}
