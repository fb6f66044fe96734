import { existsSync, readdirSync, readFileSync, rmdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

/** Where the hierarchies are. */
export const cgroupRoot = '/sys/fs/cgroup'
const cgroup2Magic = 0x6367_7270

/** True when the machine uses the unified hierarchy (cgroup v2) alone. */
export function isUnified(): boolean {
  return statfsSync(cgroupRoot).type === cgroup2Magic
}

/** Folders of a cgroup, one per hierarchy. `cgroup` starts with a slash. */
function cgroupFolders(cgroup: string): string[] {
  if (isUnified()) return [join(cgroupRoot, cgroup)]
  return readdirSync(cgroupRoot)
    .map((hierarchy) => join(cgroupRoot, hierarchy, cgroup))
    .filter((folder) => existsSync(folder))
}

/** Where a cgroup's limits and use are read, by the place where programs look for their own. */
export function cgroupViews(cgroup: string): { readonly source: string; readonly destination: string }[] {
  if (isUnified()) return [{ source: join(cgroupRoot, cgroup), destination: cgroupRoot }]
  return ['cpu', 'cpuacct', 'memory', 'pids'].map((hierarchy) => ({
    source: join(cgroupRoot, hierarchy, cgroup),
    destination: join(cgroupRoot, hierarchy),
  }))
}

/** How often the kernel ended a process of the cgroup because its memory was used up. */
export function countOutOfMemory(cgroup: string): number {
  const file = isUnified()
    ? join(cgroupRoot, cgroup, 'memory.events')
    : join(cgroupRoot, 'memory', cgroup, 'memory.oom_control')
  const text = readIfThere(file)
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0)
}

/** How often a process of the cgroup could not start another one because they were too many. */
export function countRefusedProcesses(cgroup: string): number {
  const folder = isUnified() ? join(cgroupRoot, cgroup) : join(cgroupRoot, 'pids', cgroup)
  return Number(/^max (\d+)$/m.exec(readIfThere(join(folder, 'pids.events')))?.[1] ?? 0)
}

/** Pids of the processes in the cgroup, as the host sees them. */
export function listProcesses(cgroup: string): number[] {
  const folder = isUnified() ? join(cgroupRoot, cgroup) : join(cgroupRoot, 'pids', cgroup)
  return readIfThere(join(folder, 'cgroup.procs'))
    .split('\n')
    .filter((line) => line !== '')
    .map(Number)
}

/** Names of the cgroups below. */
export function listChildren(cgroup: string): string[] {
  const names = cgroupFolders(cgroup).flatMap((folder) =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name),
  )
  return [...new Set(names)]
}

/** Removes a cgroup and those below it from every hierarchy; `false` when a process has not left yet. */
export function removeCgroup(cgroup: string): boolean {
  let isGone = listChildren(cgroup).every((child) => removeCgroup(join(cgroup, child)))
  for (const folder of cgroupFolders(cgroup)) {
    try {
      rmdirSync(folder)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EBUSY') isGone = false
      else if (code !== 'ENOENT') throw error
    }
  }
  return isGone
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) return ''
    throw error
  }
}
