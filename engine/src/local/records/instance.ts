import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PlatformError } from '@sandyard/protocol'
import * as z from 'zod/mini'
import { type Lock, takeLock, tryLock } from '../base/lock.ts'

/** A platform's claim on its data folder and on an index that no other platform on this machine uses. */
export interface Instance {
  /** 0-63: names and addresses of this platform are derived from it */
  readonly index: number
  /** IPv4 CIDR that the folder's sandboxes have their addresses from; `null` before the first start */
  readonly network: string | null
  /** Writes the network down, for later starts and for the removal. */
  keepNetwork(network: string): void
  release(): Promise<void>
}

/** Platforms that fit on one machine. */
export const instanceCount = 64

const claimsFolder = '/run/sandyard/claims'
const Saved = z.object({
  index: z.number().check(z.int(), z.minimum(0), z.maximum(instanceCount - 1)),
  network: z.optional(z.string()),
})

/**
 * Claims the data folder for this process and an index for the folder. The first claim is a lock that dies with the
 * process; the second is kept in the folder, so that a new start finds the same names again.
 * Throws CONFLICT when another process has the folder, INSUFFICIENT_CAPACITY when all indexes are taken.
 */
export async function claimInstance(dataFolder: string): Promise<Instance> {
  mkdirSync(dataFolder, { recursive: true, mode: 0o755 })
  const data = realpathSync(dataFolder)
  const lock = await tryLockSoon(data)
  if (lock === null) throw new PlatformError('CONFLICT', `A platform is already running on the data folder ${data}`)
  try {
    const saved = readSaved(join(data, 'instance.json'))
    const index = await claimIndex(data, saved?.index ?? null)
    return {
      index,
      network: saved?.network ?? null,
      keepNetwork: (network) => save(data, { index, network }),
      release: async () => lock[Symbol.asyncDispose](),
    }
  } catch (error) {
    await lock[Symbol.asyncDispose]()
    throw error
  }
}

/**
 * A child that a killed platform was about to start has its lock for as long as it takes to become another program, which
 * on a busy machine is a while.
 */
async function tryLockSoon(data: string): Promise<Lock | null> {
  for (let attempt = 0; ; attempt++) {
    const lock = await tryLock(data)
    if (lock !== null || attempt === 10) return lock
    await sleep(100)
  }
}

/** Gives the index back, after everything that carries its name is gone. */
export function forgetInstance(dataFolder: string, index: number): void {
  rmSync(join(claimsFolder, String(index)), { force: true })
  rmSync(join(dataFolder, 'instance.json'), { force: true })
}

/** True when a process holds the data folder; one that was killed just now does not count. */
export async function isInstanceRunning(dataFolder: string): Promise<boolean> {
  const lock = await tryLockSoon(realpathSync(dataFolder))
  await lock?.[Symbol.asyncDispose]()
  return lock === null
}

async function claimIndex(data: string, saved: number | null): Promise<number> {
  mkdirSync(claimsFolder, { recursive: true })
  // Taking over a stale claim is two steps, which only one process at a time may be in.
  await using _ = await takeLock(claimsFolder, () => {})
  const candidates = Array.from({ length: instanceCount }, (_, index) => index)
  const order = saved === null ? candidates : [saved, ...candidates.filter((index) => index !== saved)]
  let index: number | undefined
  for (const candidate of order) {
    if (!(await claim(candidate, data))) continue
    index = candidate
    break
  }
  if (index === undefined) {
    throw new PlatformError('INSUFFICIENT_CAPACITY', `All ${instanceCount} platform numbers of this machine are taken`)
  }
  if (index !== saved) save(data, { index })
  return index
}

function save(data: string, saved: z.output<typeof Saved>): void {
  const file = join(data, 'instance.json')
  writeFileSync(`${file}.new`, `${JSON.stringify(saved)}\n`)
  renameSync(`${file}.new`, file)
}

function readSaved(file: string): z.output<typeof Saved> | null {
  try {
    return Saved.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new Error(`${file} cannot be read`, { cause: error })
  }
}

/** A claim whose data folder is gone counts for nothing; what that platform left behind, the next one clears. */
async function claim(index: number, data: string): Promise<boolean> {
  const file = join(claimsFolder, String(index))
  const holder = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (holder === data) return true
  if (existsSync(holder) || (holder !== '' && (await isHeld(holder)))) return false
  writeFileSync(file, data)
  return true
}

async function isHeld(data: string): Promise<boolean> {
  const lock = await tryLock(data)
  await lock?.[Symbol.asyncDispose]()
  return lock === null
}
