import { existsSync, mkdirSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Writes of a file that are under way, the last of each: the next one comes after it. */
const writes = new Map<string, Promise<void>>()

/**
 * Writes the file so that after any crash, of the power too, the old or the new one is there, whole. Of several who write
 * it at a time the last one wins.
 */
export async function writeDurably(file: string, content: string | Uint8Array): Promise<void> {
  const before = writes.get(file) ?? Promise.resolve()
  const mine = before.catch(() => {}).then(() => write(file, content)) // Its failure is told to who gave it.
  writes.set(file, mine)
  try {
    await mine
  } finally {
    if (writes.get(file) === mine) writes.delete(file)
  }
}

async function write(file: string, content: string | Uint8Array): Promise<void> {
  // The names of folders that hold it already were put on disk with its first version.
  const isNew = !existsSync(file)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const temporary = `${file}.new`
  const handle = await open(temporary, 'w', 0o600)
  try {
    await handle.writeFile(content)
    await handle.datasync()
  } finally {
    await handle.close()
  }
  await rename(temporary, file)
  // A name is on disk only when its folder is.
  await Promise.all([syncFolder(dirname(file)), ...(isNew ? [syncFolder(dirname(dirname(file)))] : [])])
}

/** Removes the file for good, if it is there. */
export async function removeDurably(file: string): Promise<void> {
  await rm(file, { force: true })
  await syncFolder(dirname(file))
}

/** Puts the names in a folder on disk. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
