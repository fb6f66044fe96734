import { readFileSync, writeFileSync } from 'node:fs'
import { mustRun } from './run.ts'

/**
 * What the kernel counts for the whole machine, or for the owner of a user namespace, who is root for all of them: one
 * sandbox could use up what the others and the host's own services need. With these values nobody gets there: the
 * memory behind each of them counts against the sandbox's cgroup, and ends first.
 */
const floors = {
  'fs/epoll/max_user_watches': 2 ** 30,
  'fs/inotify/max_user_instances': 2 ** 30,
  'fs/inotify/max_user_watches': 2 ** 30,
  'kernel/pid_max': 2 ** 22,
  'kernel/pty/max': 2 ** 20,
  // One table for the host and all sandboxes; the firewall gives each sandbox a part of it.
  'net/netfilter/nf_conntrack_max': 2 ** 20,
} as const

/**
 * Raises the machine's shared limits where they are lower; they stay so, as with forwarding. Call with the firewall in
 * place, which brings its part of the kernel. `onFault` is told of those that this machine does not let us change.
 */
export async function raiseSharedLimits(onFault: (name: string, fault: unknown) => void): Promise<void> {
  for (const [name, floor] of Object.entries(floors)) {
    try {
      raise(`/proc/sys/${name}`, floor)
    } catch (fault) {
      onFault(name, fault)
    }
  }
  // A user namespace lets all its users together have what the process had that made it: runc, so this process.
  const unlimited = ['--nproc=unlimited', '--sigpending=unlimited', '--msgqueue=unlimited']
  await mustRun('prlimit', ['--pid', String(process.pid), ...unlimited]).catch((fault: unknown) =>
    onFault('prlimit', fault),
  )
}

function raise(file: string, floor: number): void {
  if (Number(readFileSync(file, 'utf8')) < floor) writeFileSync(file, String(floor))
}
