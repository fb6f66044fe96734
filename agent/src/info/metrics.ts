import { readFile, statfs } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'

/** Use of the sandbox right now; sizes in bytes. */
export interface Metrics {
  cpuCount: number
  /** percent of the CPU limit since the last call, 0 to 100 */
  cpuUsedPct: number
  memTotal: number
  memUsed: number
  memCache: number
  diskTotal: number
  diskUsed: number
  diskFree: number
  timestamp: string
  timestampUnix: number
}

interface CpuSample {
  /** monotonic, ms */
  readonly at: number
  /** CPU time used so far, ms */
  readonly usedMs: number
}

/** A sample older than this says nothing of now, ms. */
const staleMs = 60_000

/** Window of a call that has no fresh sample to compare with, ms. */
const windowMs = 100

/** Makes the reader; it keeps the last CPU sample and no timer. */
export function createMetrics(): () => Promise<Metrics> {
  let last: CpuSample | null = null
  return async () => {
    const cpuCount = await readCpuLimit()
    if (last === null || performance.now() - last.at > staleMs) {
      last = await sampleCpu()
      await delay(windowMs)
    }
    const now = await sampleCpu()
    const elapsed = Math.max(now.at - last.at, 1)
    const percent = ((now.usedMs - last.usedMs) / elapsed / cpuCount) * 100
    if (elapsed >= windowMs) last = now
    const cpuUsedPct = Math.min(100, Math.max(0, Math.round(percent * 100) / 100))
    const date = new Date()
    const timestampUnix = Math.floor(date.getTime() / 1000)
    return {
      cpuCount,
      cpuUsedPct,
      ...(await readMemory()),
      ...(await readDisk()),
      timestamp: date.toISOString(),
      timestampUnix,
    }
  }
}

/** CPUs the sandbox may use, by its cgroup (v2, then v1), else what the machine has. */
async function readCpuLimit(): Promise<number> {
  const all = availableParallelism()
  const [quota = Number.NaN, period = Number.NaN] = ((await text('/sys/fs/cgroup/cpu.max')) ?? '')
    .split(' ')
    .map(Number)
  if (quota > 0 && period > 0) return Math.min(all, quota / period)
  const quotaV1 = await number('/sys/fs/cgroup/cpu/cpu.cfs_quota_us')
  const periodV1 = await number('/sys/fs/cgroup/cpu/cpu.cfs_period_us')
  return quotaV1 !== null && periodV1 !== null && quotaV1 > 0 && periodV1 > 0 ? Math.min(all, quotaV1 / periodV1) : all
}

async function sampleCpu(): Promise<CpuSample> {
  const at = performance.now()
  const usec = field(await text('/sys/fs/cgroup/cpu.stat'), 'usage_usec')
  if (usec !== null) return { at, usedMs: usec / 1000 }
  const nanoseconds = await number('/sys/fs/cgroup/cpuacct/cpuacct.usage')
  if (nanoseconds !== null) return { at, usedMs: nanoseconds / 1e6 }
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] =
    (await text('/proc/stat'))?.split('\n', 1)[0]?.trim().split(/\s+/).slice(1).map(Number) ?? []
  return { at, usedMs: (user + nice + system + irq + softirq) * 10 }
}

async function readMemory(): Promise<Pick<Metrics, 'memTotal' | 'memUsed' | 'memCache'>> {
  const info = await text('/proc/meminfo')
  const kib = (name: string): number => (field(info, `${name}:`) ?? 0) * 1024
  const hostTotal = kib('MemTotal')
  const v2 = '/sys/fs/cgroup'
  const v1 = '/sys/fs/cgroup/memory'
  const current = (await number(`${v2}/memory.current`)) ?? (await number(`${v1}/memory.usage_in_bytes`))
  if (current === null) {
    const memCache = kib('Cached') + kib('Buffers')
    return { memTotal: hostTotal, memUsed: Math.max(0, hostTotal - kib('MemAvailable')), memCache }
  }
  const limit = (await number(`${v2}/memory.max`)) ?? (await number(`${v1}/memory.limit_in_bytes`)) ?? hostTotal
  const memCache =
    field(await text(`${v2}/memory.stat`), 'file') ?? field(await text(`${v1}/memory.stat`), 'total_cache') ?? 0
  return { memTotal: Math.min(limit, hostTotal), memUsed: Math.max(0, current - memCache), memCache }
}

async function readDisk(): Promise<Pick<Metrics, 'diskTotal' | 'diskUsed' | 'diskFree'>> {
  const { blocks, bfree, bavail, bsize } = await statfs('/')
  return { diskTotal: blocks * bsize, diskUsed: (blocks - bfree) * bsize, diskFree: bavail * bsize }
}

/** Number after a name at the begin of a line. */
function field(table: string | null, name: string): number | null {
  const line = table?.split('\n').find((one) => one.startsWith(`${name} `))
  const value = Number.parseInt(line?.slice(name.length + 1).trim() ?? '', 10)
  return Number.isNaN(value) ? null : value
}

async function number(path: string): Promise<number | null> {
  const value = Number((await text(path))?.trim())
  return Number.isFinite(value) ? value : null
}

async function text(path: string): Promise<string | null> {
  return await readFile(path, 'utf8').catch(() => null) // not in this kind of sandbox: the next source is asked
}
