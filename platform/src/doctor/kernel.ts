import { release } from 'node:os'
import { type Check, fail, ok, warn } from './check.ts'
import { ask, findProgram, readIfThere } from './look.ts'

const neededControllers = ['memory', 'cpu', 'pids']

/** What the kernel must be able to do. */
export const kernelChecks: readonly Check[] = [
  {
    name: 'root',
    run: () =>
      process.getuid?.() === 0
        ? ok('running as root')
        : fail('not running as root', 'namespaces, mounts and the firewall need it: use sudo'),
  },
  {
    name: 'kernel',
    run() {
      const [major = 0, minor = 0] = release().split('.').map(Number)
      const isFrom = (wanted: number): boolean => major > 5 || (major === 5 && minor >= wanted)
      if (!isFrom(10)) return fail(`Linux ${release()}`, 'Linux 5.10 or later is needed')
      if (!isFrom(19)) return warn(`Linux ${release()}`, 'from 5.19 on each sandbox has user ids of its own')
      return ok(`Linux ${release()}`)
    },
  },
  {
    name: 'user namespaces',
    run() {
      const max = Number(readIfThere('/proc/sys/user/max_user_namespaces') ?? 0)
      return max > 0 ? ok(`up to ${max}`) : fail('switched off', 'sysctl -w user.max_user_namespaces=15000')
    },
  },
  {
    name: 'cgroups',
    run() {
      const unified = readIfThere('/sys/fs/cgroup/cgroup.controllers')
      const found = unified === null ? versionOneControllers() : unified.trim().split(' ')
      const missing = neededControllers.filter((controller) => !found.includes(controller))
      const version = unified === null ? 'version 1' : 'version 2'
      if (missing.length === 0 && unified === null) {
        const hint =
          "network buffers do not count against a sandbox's memory; boot with systemd.unified_cgroup_hierarchy=1"
        return warn(`${version} with ${neededControllers.join(', ')}`, hint)
      }
      if (missing.length === 0) return ok(`${version} with ${neededControllers.join(', ')}`)
      return fail(`${version} without ${missing.join(', ')}`, 'limits of sandboxes need them; enable them at boot')
    },
  },
  { name: 'overlayfs', run: () => fileSystem('overlay') },
  { name: 'btrfs', run: () => fileSystem('btrfs') },
  {
    name: 'loop devices',
    async run() {
      const hasDevice = readIfThere('/proc/devices')?.includes(' loop') === true || (await hasModule('loop'))
      return hasDevice ? ok('available') : fail('not available', 'modprobe loop')
    },
  },
  {
    name: 'veth',
    async run() {
      const name = `sydtest${process.pid % 100_000}`
      if (process.getuid?.() !== 0) return warn('cannot be tried without root', 'run doctor as root')
      const made = await ask('ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}p`)
      await ask('ip', 'link', 'delete', name)
      return made === null
        ? fail('a veth pair cannot be made', 'modprobe veth; apt-get install iproute2')
        : ok('available')
    },
  },
  {
    name: 'nftables rules',
    async run() {
      if (findProgram('nft') === null) return fail('nft is not installed', 'apt-get install nftables')
      if (process.getuid?.() !== 0) return warn('cannot be tried without root', 'run doctor as root')
      const rules = await ask('nft', '--check', 'add table inet sandyard_doctor')
      return rules === null
        ? fail('the kernel takes no rules', 'modprobe nf_tables nft_chain_nat')
        : ok('the kernel takes rules')
    },
  },
]

async function fileSystem(name: string): Promise<ReturnType<typeof ok>> {
  const known =
    readIfThere('/proc/filesystems')
      ?.split('\n')
      .some((line) => line.endsWith(`\t${name}`)) === true
  if (known || (await hasModule(name))) return ok('available')
  return fail(`the kernel has no ${name}`, `modprobe ${name}`)
}

async function hasModule(name: string): Promise<boolean> {
  return (await ask('modinfo', name)) !== null
}

function versionOneControllers(): readonly string[] {
  const lines = readIfThere('/proc/cgroups')?.split('\n') ?? []
  return lines.map((line) => line.split('\t')).flatMap(([name = '', , , enabled]) => (enabled === '1' ? [name] : []))
}
