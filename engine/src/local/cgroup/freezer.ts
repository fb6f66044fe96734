import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PlatformError } from '@sandyard/protocol'
import { cgroupRoot, isUnified } from './cgroup.ts'

/** A process in the midst of a call to a disk stops after it; this is for many of them on a busy machine. */
const freezeTimeoutMs = 10_000

/** The file that a state is written to and the one that tells when it is reached. */
interface Freezer {
  readonly file: string
  readonly frozen: string
  readonly thawed: string
  isFrozen(): boolean
}

function freezerOf(cgroup: string): Freezer {
  if (isUnified()) {
    const folder = join(cgroupRoot, cgroup)
    const isFrozen = (): boolean => /^frozen 1$/m.test(readFileSync(join(folder, 'cgroup.events'), 'utf8'))
    return { file: join(folder, 'cgroup.freeze'), frozen: '1', thawed: '0', isFrozen }
  }
  const file = join(cgroupRoot, 'freezer', cgroup, 'freezer.state')
  return { file, frozen: 'FROZEN', thawed: 'THAWED', isFrozen: () => readFileSync(file, 'utf8') === 'FROZEN\n' }
}

/**
 * Freezes all processes of a cgroup and waits until the last one is still. Throws SERVICE_UNAVAILABLE when one of them
 * does not come to rest in time, and then lets all go on.
 */
export async function freeze(cgroup: string): Promise<void> {
  const freezer = freezerOf(cgroup)
  const deadline = Date.now() + freezeTimeoutMs
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 20)) {
    // Written again each time: under cgroup v1 a process that was just being made can be missed.
    if (!freezer.isFrozen()) writeFileSync(freezer.file, freezer.frozen)
    if (freezer.isFrozen()) return
    if (Date.now() >= deadline) break
    await sleep(pauseMs)
  }
  thaw(cgroup)
  throw new PlatformError('SERVICE_UNAVAILABLE', 'The processes of the sandbox could not be paused; try again')
}

/** Lets the processes of a cgroup go on. Does nothing when they do, or when there is none. */
export function thaw(cgroup: string): void {
  const { file, thawed } = freezerOf(cgroup)
  try {
    writeFileSync(file, thawed, { flag: 'r+' })
  } catch (error) {
    if (!['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
