import { readFileSync } from 'node:fs'
import type { SandboxSpec } from '@sandyard/protocol'
import { cpuPeriodUs, cpuQuotaUs, cpuShares } from '../cgroup/limits.ts'
import { containerIdCount } from '../records/ids.ts'
import type { Seccomp } from './seccomp.ts'

/**
 * Capabilities of root inside, over the sandbox's own user namespace: what package managers, sudo and ordinary
 * servers need. None is held by the agent or its commands; sudo gets them through the bounding set.
 * Without: network administration, raw sockets, mounts, tracing across users, devices, time, modules.
 */
export const capabilities = [
  'CAP_AUDIT_WRITE',
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_NET_BIND_SERVICE',
  'CAP_SETFCAP',
  'CAP_SETGID',
  'CAP_SETPCAP',
  'CAP_SETUID',
  'CAP_SYS_CHROOT',
]

/** Where the agent's runtime folder appears inside. */
export const runtimeMount = '/opt/sandyard'

/** Flags of the agent's Node. A small young generation: the agent moves bytes, and 50 of it share a machine. */
export const engineFlags = ['--max-semi-space-size=2']

/** What the configuration of a sandbox is made from besides its spec. */
export interface RuntimeInput {
  readonly spec: SandboxSpec
  /** host id that is root inside; the others follow it */
  readonly rootId: number
  /** mounted root file system, its files owned by these ids */
  readonly root: string
  /** folder with hostname, hosts and resolv.conf */
  readonly etc: string
  /** agent runtime folder on the host */
  readonly runtime: string
  /** file that stands for the network namespace */
  readonly networkNamespace: string
  /** as the OCI runtime takes it */
  readonly cgroup: string
  /** the cgroup's folders on the host, and where they appear inside, read-only */
  readonly cgroupViews: readonly { readonly source: string; readonly destination: string }[]
  readonly seccomp: Seccomp
  /** user that the agent and all commands run as */
  readonly user: {
    readonly uid: number
    readonly gid: number
    readonly groups: readonly number[]
    readonly home: string
  }
  /** folder that relative paths start from */
  readonly workDir: string
  /** environment of every command, whole */
  readonly env: Readonly<Record<string, string>>
  /** most processes and threads */
  readonly pidLimit: number
  /** certificates to trust inside besides the image's own */
  readonly caFile: { readonly source: string; readonly destination: string } | null
  /** folders on the host that others change meanwhile, and where they appear inside: paths without links */
  readonly volumes: readonly { readonly source: string; readonly destination: string }[]
}

const GiB = 1024 ** 3
/** terminals of one sandbox: the kernel has one account of them for all */
const terminalLimit = 512

/** `config.json` of the OCI runtime specification 1.0 for a sandbox. */
export function runtimeSpec(input: RuntimeInput): unknown {
  const { spec, user } = input
  const memoryBytes = spec.memoryGib * GiB
  const isRoot = user.uid === 0
  const held = isRoot ? capabilities : []
  const idMapping = [{ containerID: 0, hostID: input.rootId, size: containerIdCount }]
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid: user.uid, gid: user.gid, additionalGids: user.groups, umask: 0o022 },
      args: agentCommand(input.workDir),
      env: Object.entries(input.env).map(([name, value]) => `${name}=${value}`),
      cwd: '/',
      capabilities: { bounding: capabilities, effective: held, permitted: held, inheritable: [] },
      rlimits: [
        processLimit('RLIMIT_CORE', 0),
        processLimit('RLIMIT_NOFILE', atMost('Max open files', 65_536)),
        // Each user's; without them the platform's own would hold, which are unlimited.
        processLimit('RLIMIT_SIGPENDING', atMost('Max pending signals', 32_768)),
        processLimit('RLIMIT_MSGQUEUE', atMost('Max msgqueue size', 819_200)),
      ],
      // sudo inside must be able to become the sandbox's root, who is nobody outside.
      noNewPrivileges: false,
    },
    root: { path: input.root },
    hostname: spec.hostname,
    mounts: mounts(input, memoryBytes),
    linux: {
      uidMappings: idMapping,
      gidMappings: idMapping,
      namespaces: [
        { type: 'pid' },
        { type: 'ipc' },
        { type: 'uts' },
        { type: 'mount' },
        { type: 'user' },
        { type: 'cgroup' },
        { type: 'network', path: input.networkNamespace },
      ],
      cgroupsPath: input.cgroup,
      resources: {
        // Equal limits for memory and memory with swap: nothing of a sandbox is swapped out.
        memory: { limit: memoryBytes, swap: memoryBytes },
        cpu: { shares: cpuShares(spec.cpu), quota: cpuQuotaUs(spec.cpu), period: cpuPeriodUs },
        pids: { limit: input.pidLimit },
        devices: [{ allow: false, access: 'rwm' }],
      },
      seccomp: input.seccomp,
      maskedPaths,
      readonlyPaths,
    },
  }
}

function processLimit(type: string, value: number): unknown {
  return { type, soft: value, hard: value }
}

/** The value, or what this process has itself when that is less: nobody may give more. */
function atMost(name: string, value: number): number {
  const [, own] = new RegExp(`^${name} +\\S+ +(\\d+)`, 'm').exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  return Math.min(value, Number(own ?? value))
}

/** The init, the agent's own loader and Node, and the agent: nothing of it comes from the image. */
function agentCommand(workDir: string): string[] {
  const agent = `${runtimeMount}/agent.cjs`
  const loader = [`${runtimeMount}/lib/ld.so`, '--library-path', `${runtimeMount}/lib`, `${runtimeMount}/bin/node`]
  const flags = ['--listen-fd', '3', '--work-dir', workDir, '--runtime', runtimeMount]
  return [`${runtimeMount}/bin/init`, '--', ...loader, ...engineFlags, agent, ...flags]
}

function mounts(input: RuntimeInput, memoryBytes: number): unknown[] {
  const safe = ['nosuid', 'noexec', 'nodev']
  const file = (name: string): unknown => ({
    destination: `/etc/${name}`,
    type: 'bind',
    source: `${input.etc}/${name}`,
    options: ['bind', 'nosuid', 'nodev', 'noexec'],
  })
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: safe },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'noexec', 'strictatime', 'mode=755', 'size=1m'],
    },
    // Without gid=: group 5 of the image need not exist in the user namespace.
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', `max=${terminalLimit}`],
    },
    {
      destination: '/dev/shm',
      type: 'tmpfs',
      source: 'shm',
      options: [...safe, 'mode=1777', `size=${memoryBytes / 2}`],
    },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: safe },
    // The host's /sys tells of its hardware, its network and every other sandbox; programs need only the processors.
    { destination: '/sys', type: 'tmpfs', source: 'tmpfs', options: [...safe, 'ro', 'mode=755', 'size=64k'] },
    { destination: processors, type: 'bind', source: processors, options: ['rbind', 'ro', ...safe] },
    // Language runtimes size themselves by the limits they find here.
    ...input.cgroupViews.map((view) => ({ ...view, type: 'bind', options: ['bind', 'ro', ...safe] })),
    { destination: runtimeMount, type: 'bind', source: input.runtime, options: ['bind', 'ro', 'nosuid', 'nodev'] },
    file('hostname'),
    file('hosts'),
    file('resolv.conf'),
    ...(input.caFile === null ? [] : [{ ...input.caFile, type: 'bind', options: ['bind', 'ro', ...safe] }]),
    // Last, so that nothing else is mounted in what others change.
    ...input.volumes.map((volume) => ({ ...volume, type: 'bind', options: ['bind', 'rw', 'nosuid', 'nodev'] })),
  ]
}

const processors = '/sys/devices/system/cpu'

const maskedPaths = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
]

const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']
