import { readFileSync } from 'node:fs'
import { arch } from 'node:os'
import * as z from 'zod/mini'

/** The distribution's default profile for containers (package golang-github-containers-common). */
export const seccompProfilePath = '/usr/share/containers/seccomp.json'

const Rule = z.object({
  names: z.array(z.string()),
  action: z.string(),
  errnoRet: z.optional(z.number()),
  args: z.optional(
    z.nullable(z.array(z.object({ index: z.number(), value: z.number(), valueTwo: z.number(), op: z.string() }))),
  ),
  includes: z.optional(z.object({ caps: z.optional(z.array(z.string())), arches: z.optional(z.array(z.string())) })),
  excludes: z.optional(z.object({ caps: z.optional(z.array(z.string())), arches: z.optional(z.array(z.string())) })),
})

const Profile = z.object({
  defaultAction: z.string(),
  defaultErrnoRet: z.optional(z.number()),
  syscalls: z.array(Rule),
})

/** A `linux.seccomp` object of the OCI runtime specification. */
export interface Seccomp {
  readonly defaultAction: string
  readonly defaultErrnoRet?: number
  readonly architectures: readonly string[]
  readonly syscalls: readonly SeccompRule[]
}

interface SeccompRule {
  readonly names: readonly string[]
  readonly action: string
  readonly errnoRet?: number
  readonly args?: readonly { index: number; value: number; valueTwo?: number; op: string }[]
}

const EPERM = 1
const ENOSYS = 38
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const namespaceFlags = 0x7e02_0000
/** Socket families that programs in a sandbox need: unix, inet, inet6, netlink. */
const socketFamilies = [1, 2, 10, 16]

/**
 * Calls that the distribution leaves to capabilities. In a user namespace those checks pass for the sandbox's
 * own root, so whole kernel subsystems would open up; here they are closed for everybody inside.
 */
const closed = [
  'add_key',
  'bpf',
  'fsconfig',
  'fsmount',
  'fsopen',
  'fspick',
  'io_uring_enter',
  'io_uring_register',
  'io_uring_setup',
  'keyctl',
  'mount',
  'mount_setattr',
  'move_mount',
  'name_to_handle_at',
  'open_by_handle_at',
  'open_tree',
  'perf_event_open',
  'pivot_root',
  'reboot',
  'request_key',
  'setns',
  'syslog',
  'umount',
  'umount2',
  'unshare',
  'userfaultfd',
]

/**
 * Calls that the sandbox's kernel seems not to have, so that programs fall back to others: clone3's flags lie in memory,
 * where a filter cannot look; contexts of asynchronous I/O come from one small account of the whole machine.
 */
const absent = ['clone3', 'io_setup']

/**
 * Kind of requests to a btrfs, in the second byte. Everybody may make subvolumes, which the limit of a volume does not
 * hold; none of them is needed inside but those for blocks that files share: FICLONE, FICLONERANGE, FIDEDUPERANGE.
 */
const diskRequests = 0x9400
const blockSharing = [0x4004_9409, 0x4020_940d, 0xc018_9436]

/** Replaced by rules of our own below. */
const replaced = ['clone', 'socket', 'ioctl', ...absent]

/**
 * The distribution's default profile for the given capabilities, tightened: no new namespaces, mounts, keyrings,
 * io_uring, 32-bit calls or exotic socket families. Throws when the profile file is missing or not of the known form.
 */
export function loadSeccomp(capabilities: readonly string[]): Seccomp {
  const profile = Profile.parse(JSON.parse(readFileSync(seccompProfilePath, 'utf8')))
  const machine = arch() === 'arm64' ? 'arm64' : 'amd64'
  const dropped = new Set([...closed, ...replaced])
  const rules = profile.syscalls
    .filter((rule) => applies(rule, capabilities, machine))
    .map((rule) => ({ ...rule, names: rule.names.filter((name) => !dropped.has(name)) }))
    .filter((rule) => rule.names.length > 0)
  return {
    defaultAction: profile.defaultAction,
    ...(profile.defaultErrnoRet === undefined ? {} : { defaultErrnoRet: profile.defaultErrnoRet }),
    // 32-bit and x32 entry points would triple the filter, its load time and what can be reached.
    architectures: [machine === 'arm64' ? 'SCMP_ARCH_AARCH64' : 'SCMP_ARCH_X86_64'],
    syscalls: [...rules.map(toOci), ...ownRules()],
  }
}

function applies(rule: z.output<typeof Rule>, capabilities: readonly string[], machine: string): boolean {
  const has = (cap: string): boolean => capabilities.includes(cap)
  const { includes, excludes } = rule
  if (includes?.arches !== undefined && !includes.arches.includes(machine)) return false
  if (excludes?.arches?.includes(machine) === true) return false
  if (includes?.caps?.every(has) === false) return false
  return excludes?.caps?.some(has) !== true
}

function toOci(rule: z.output<typeof Rule>): SeccompRule {
  return {
    names: rule.names,
    action: rule.action,
    ...(rule.errnoRet === undefined ? {} : { errnoRet: rule.errnoRet }),
    ...(rule.args == null || rule.args.length === 0 ? {} : { args: rule.args }),
  }
}

function ownRules(): SeccompRule[] {
  const allow = 'SCMP_ACT_ALLOW'
  const deny = 'SCMP_ACT_ERRNO'
  return [
    { names: closed, action: deny, errnoRet: EPERM },
    {
      names: ['clone'],
      action: allow,
      args: [{ index: 0, value: namespaceFlags, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
    },
    { names: absent, action: deny, errnoRet: ENOSYS },
    // Of another kind: it differs in a bit.
    ...Array.from({ length: 8 }, (_, bit) => 2 ** (bit + 8)).map((mask) => ({
      names: ['ioctl'],
      action: allow,
      args: [{ index: 1, value: mask, valueTwo: ~diskRequests & mask, op: 'SCMP_CMP_MASKED_EQ' }],
    })),
    ...blockSharing.map((request) => ({
      names: ['ioctl'],
      action: allow,
      args: [{ index: 1, value: 0xffff_ffff, valueTwo: request, op: 'SCMP_CMP_MASKED_EQ' }],
    })),
    ...socketFamilies.map((family) => ({
      names: ['socket'],
      action: allow,
      args: [{ index: 0, value: family, op: 'SCMP_CMP_EQ' }],
    })),
  ]
}
