import { readdirSync, readFileSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number
  /** clock ticks between the machine's start and the process's */
  readonly startTime: string
}

/** Environment variable that every host program of a platform carries. */
export const platformMark = 'SANDYARD_PLATFORM'

let mark: string | undefined

/** Value of the mark for programs of this process. */
export function thisPlatform(): string {
  mark ??= `${process.pid}:${readStartTime(process.pid)}`
  return mark
}

/** The identity of a living process, or `null`. */
export function identify(pid: number): ProcessIdentity | null {
  const startTime = readStartTime(pid)
  return startTime === null ? null : { pid, startTime }
}

/** True while exactly this process lives; a zombie does not. */
export function isAlive(identity: ProcessIdentity): boolean {
  return readStartTime(identity.pid) === identity.startTime
}

/** Sends a signal to exactly this process; `false` when it is gone. */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false
  try {
    return process.kill(identity.pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

/** Waits until the process is gone; `false` when the time is over before. */
export async function waitForEnd(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs
  for (let pauseMs = 1; isAlive(identity); pauseMs = Math.min(pauseMs * 2, 20)) {
    if (Date.now() >= deadline) return false
    await sleep(pauseMs)
  }
  return true
}

/**
 * Ends host programs whose platform died while they ran, so that they change nothing any more. Programs inside
 * sandboxes, which may have an environment of any content and size, are other users' and not looked at.
 */
export async function endStrays(): Promise<void> {
  // One of them may have started another while we looked.
  while ((await endThoseSeen()) > 0);
}

async function endThoseSeen(): Promise<number> {
  let count = 0
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry) || !isOurUsers(Number(entry))) continue
    const found = readMark(Number(entry))
    const stray = found === null || isAlive(parseMark(found)) ? null : identify(Number(entry))
    if (stray === null) continue
    signal(stray, 'SIGKILL')
    if (await waitForEnd(stray, 5000)) count++
  }
  return count
}

function parseMark(value: string): ProcessIdentity {
  const [pid = '0', startTime = ''] = value.split(':')
  return { pid: Number(pid), startTime }
}

function isOurUsers(pid: number): boolean {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid === process.getuid?.()
}

function readMark(pid: number): string | null {
  const environment = readIfAlive(`/proc/${pid}/environ`)
  const entry = environment?.split('\0').find((line) => line.startsWith(`${platformMark}=`))
  return entry === undefined ? null : entry.slice(platformMark.length + 1)
}

function readStartTime(pid: number): string | null {
  const stat = readIfAlive(`/proc/${pid}/stat`)
  // The second field is the program's name in brackets and may hold anything; the state is the one after it.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields === undefined || fields[0] === 'Z' || fields[0] === 'X') return null
  return fields[19] ?? null
}

function readIfAlive(file: string): string | null {
  try {
    return readFileSync(file, 'latin1')
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
}
