import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cgroupRoot, isUnified } from './cgroup.ts'

/** What the processes of a cgroup use. */
export interface CgroupUse {
  /** time on processors since the cgroup was made, in ms of one core */
  readonly cpuMs: number
  /** held by processes, without `cacheBytes` */
  readonly memoryBytes: number
  /** kept of files by the kernel */
  readonly cacheBytes: number
}

/**
 * Reads what a cgroup uses; `null` when it is gone. `cgroup` starts with a slash. The form of the hierarchies and where
 * they are can be told for tests.
 */
export async function readCgroupUse(
  cgroup: string,
  { root = cgroupRoot, unified = isUnified() } = {},
): Promise<CgroupUse | null> {
  const [cpu, held, stat] = await Promise.all(
    unified
      ? ['cpu.stat', 'memory.current', 'memory.stat'].map((file) => text(join(root, cgroup, file)))
      : [
          text(join(root, 'cpuacct', cgroup, 'cpuacct.usage')),
          text(join(root, 'memory', cgroup, 'memory.usage_in_bytes')),
          text(join(root, 'memory', cgroup, 'memory.stat')),
        ],
  )
  if (cpu == null || held == null || stat == null) return null
  const cpuMs = unified ? field(cpu, 'usage_usec') / 1000 : Number(cpu) / 1e6
  const cacheBytes = field(stat, unified ? 'file' : 'total_cache')
  return { cpuMs, memoryBytes: Math.max(0, Number(held) - cacheBytes), cacheBytes }
}

/** Number after a name at the begin of a line. */
function field(table: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(table)?.[1] ?? 0)
}

async function text(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    // The sandbox has ended meanwhile.
    if (['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
}
