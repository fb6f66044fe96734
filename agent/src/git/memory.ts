import { availableParallelism } from 'node:os'

const GiB = 1024 ** 3

/**
 * Options that let git take in a large repository within 1 GiB. By itself it starts a thread for each processor of the
 * host, remembers up to 96 MiB of objects in each, and holds files of up to 512 MiB in memory, packed and unpacked.
 */
export function memoryConfig(): readonly string[] {
  const threads = Math.max(1, Math.min(availableParallelism(), Math.floor(process.constrainedMemory() / GiB), 8))
  return [
    `pack.threads=${threads}`,
    'core.deltaBaseCacheLimit=32m',
    'core.bigFileThreshold=48m',
    'pack.windowMemory=64m',
    'pack.deltaCacheSize=64m',
  ].flatMap((setting) => ['-c', setting])
}
