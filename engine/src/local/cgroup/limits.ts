import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PlatformError, type Resources } from '@sandyard/protocol'
import { cgroupRoot, isUnified } from './cgroup.ts'

const GiB = 1024 ** 3

/** Time over which the use of processors is counted, µs. */
export const cpuPeriodUs = 100_000

/** Processor time in each period for this many cores, µs. */
export function cpuQuotaUs(cpu: number): number {
  return Math.round(cpuPeriodUs * cpu)
}

/** Part of the processors when all want them; a core is 1024. */
export function cpuShares(cpu: number): number {
  return Math.max(2, Math.round(1024 * cpu))
}

/** What a cgroup may use. */
export type CgroupLimits = Pick<Resources, 'cpu' | 'memoryGib'>

/**
 * Sets what the processes of a cgroup may use together, at once. Throws CONFLICT when they hold more memory than they
 * are to have and cannot give it back; then the memory they may use is as before.
 */
export async function applyLimits(cgroup: string, limits: CgroupLimits): Promise<void> {
  if (isUnified()) {
    await applyUnifiedLimits(join(cgroupRoot, cgroup), limits)
    return
  }
  await applyMemory(join(cgroupRoot, 'memory', cgroup), limits)
  const cpu = join(cgroupRoot, 'cpu', cgroup)
  await write(cpu, 'cpu.shares', cpuShares(limits.cpu))
  await write(cpu, 'cpu.cfs_quota_us', cpuQuotaUs(limits.cpu))
}

/** Memory with swap may never be less than memory alone, so what comes first depends on the direction. */
async function applyMemory(folder: string, { memoryGib }: CgroupLimits): Promise<void> {
  const [alone, withSwap] = ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes']
  const before = Number(await readFile(join(folder, alone), 'utf8'))
  const bytes = memoryGib * GiB
  const names = [alone, withSwap].filter((name) => existsSync(join(folder, name)))
  const ordered = bytes < before ? names : names.reverse()
  try {
    // The kernel takes back what it can, cached files first, and refuses when that is not enough.
    for (const name of ordered) await write(folder, name, bytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error
    for (const name of [...ordered].reverse()) await write(folder, name, before).catch(() => {})
    throw tooMuchInUse(memoryGib)
  }
}

/**
 * The same for cgroup v2, whose kernel ends processes rather than refuse a limit. So it is first asked to take back what
 * is above a mark, which harms nobody.
 * @param folder of the cgroup
 */
export async function applyUnifiedLimits(folder: string, { cpu, memoryGib }: CgroupLimits): Promise<void> {
  const bytes = memoryGib * GiB
  await write(folder, 'memory.high', bytes)
  try {
    if (Number(await readFile(join(folder, 'memory.current'), 'utf8')) > bytes) throw tooMuchInUse(memoryGib)
    await write(folder, 'memory.max', bytes)
  } finally {
    await write(folder, 'memory.high', 'max')
  }
  // As the OCI runtime translates shares to weights.
  await write(folder, 'cpu.weight', Math.floor(1 + ((cpuShares(cpu) - 2) * 9999) / 262_142))
  await write(folder, 'cpu.max', `${cpuQuotaUs(cpu)} ${cpuPeriodUs}`)
}

/** Not on this thread: taking back memory can last. */
async function write(folder: string, name: string, value: number | string): Promise<void> {
  await writeFile(join(folder, name), String(value), { flag: 'r+' })
}

function tooMuchInUse(memoryGib: number): PlatformError {
  return new PlatformError(
    'CONFLICT',
    `The processes of the sandbox use more than ${memoryGib} GiB of memory; end some of them, or stop it first`,
  )
}
