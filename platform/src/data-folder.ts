import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isInstanceRunning } from '@sandyard/engine'
import { PlatformError } from '@sandyard/protocol'

const marker = '.sandyard'
const running = 'platform.json'

/** Makes the data folder, or checks that it is one of ours: others' files must never be taken for ours. */
export async function openDataFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const names = await readdir(folder)
  if (!names.includes(marker)) {
    if (names.length > 0) {
      throw new PlatformError('CONFLICT', `${folder} is not empty and was not made by Sandyard; choose another --data`)
    }
    await writeFile(join(folder, marker), 'Made by Sandyard. `sandyard reset` removes this folder.\n')
  }
  // sandboxes run under ids of their own: they must get through, but not look around
  await chmod(folder, 0o711)
}

/** True for a folder that `openDataFolder` made. */
export async function isDataFolder(folder: string): Promise<boolean> {
  return (await contentOf(join(folder, marker))) !== null
}

/** Tells other commands where this platform answers. */
export async function announce(folder: string, url: string): Promise<void> {
  await writeFile(join(folder, running), `${JSON.stringify({ url, pid: process.pid })}\n`)
}

/** Takes the announcement back. */
export async function withdraw(folder: string): Promise<void> {
  await rm(join(folder, running), { force: true })
}

/** URL of the platform that runs with the folder; `null` when none does, or it does not answer yet. */
export async function findRunning(folder: string): Promise<string | null> {
  if (!existsSync(folder) || !(await isInstanceRunning(folder))) return null
  const text = await contentOf(join(folder, running))
  if (text === null) return null
  const { url } = JSON.parse(text) as { url?: unknown }
  return typeof url === 'string' ? url : null
}

/** Removes the data folder and all in it. Refuses while something is mounted there: that would be removed too. */
export async function removeDataFolder(folder: string): Promise<void> {
  if (!(await isDataFolder(folder))) throw new Error(`${folder} is not a data folder of ours`)
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').map((line) => line.split(' ')[4] ?? '')
  const inside = mounts.find((mount) => mount.startsWith(`${folder}/`))
  if (inside !== undefined)
    throw new Error(`${inside} is still mounted in ${dirname(inside)}; nothing was removed there`)
  await rm(folder, { recursive: true, force: true })
}

async function contentOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
