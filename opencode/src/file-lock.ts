import { randomUUID } from 'node:crypto'
import { open, readFile, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/** A process, and its machine. */
export interface Owner {
  readonly pid: number
  readonly host: string
}

/** ms after which a lock is nobody's: what is done under it takes milliseconds */
const staleMs = 10_000
const pauseMs = 15

/**
 * Does something while no other process that uses the same lock does. The lock is a file that says whose it is; one
 * whose process has died is taken away.
 *
 * @param work short: nothing of the network
 * @throws Error when others hold it longer than they may
 */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const own = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() })
  const endMs = Date.now() + 3 * staleMs
  while (!(await createWith(file, own))) {
    if (Date.now() > endMs) throw new Error(`${file} is held by another process`)
    await takeAwayIfStale(file)
    await sleep(pauseMs + Math.random() * pauseMs)
  }
  try {
    return await work()
  } finally {
    // It may have been taken away from a process that slept, and be another's now.
    if ((await read(file)) === own) await rm(file, { force: true })
  }
}

async function createWith(file: string, text: string): Promise<boolean> {
  try {
    await using handle = await open(file, 'wx', 0o600)
    await handle.writeFile(text)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Two that see the same dead lock must not take away the new one of a third: the right to do so is a lock, too. */
async function takeAwayIfStale(file: string): Promise<void> {
  const seen = await read(file)
  if (seen === null || !(await isStale(file, seen))) return
  const right = `${file}.stale`
  if (!(await createWith(right, ''))) {
    if (await isOld(right)) await rm(right, { force: true })
    return
  }
  try {
    if ((await read(file)) === seen) await rm(file, { force: true })
  } finally {
    await rm(right, { force: true })
  }
}

async function isStale(file: string, text: string): Promise<boolean> {
  if (await isOld(file)) return true
  try {
    const { pid, host } = JSON.parse(text) as Owner
    return host === hostname() && !isAlive(pid)
  } catch {
    // Being written, or its writer died at that: its age tells.
    return false
  }
}

async function isOld(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null)
  return found !== null && Date.now() - found.mtimeMs > staleMs
}

/** This one. */
export const thisProcess: Owner = { pid: process.pid, host: hostname() }

/** Whether a process is another one of this machine, and runs. */
export function isOtherAlive({ pid, host }: Owner): boolean {
  return host === thisProcess.host && pid !== thisProcess.pid && isAlive(pid)
}

/** Whether there is a process with this number on this machine. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function read(file: string): Promise<string | null> {
  return await readFile(file, 'utf8').catch(() => null)
}
