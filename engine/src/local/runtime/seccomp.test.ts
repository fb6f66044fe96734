import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { describe, it } from 'node:test'
import { loadSeccomp, type Seccomp, seccompProfilePath } from './seccomp.ts'
import { capabilities } from './spec.ts'

const skip = existsSync(seccompProfilePath) ? false : 'needs golang-github-containers-common'

describe('the seccomp filter', { skip }, () => {
  const seccomp = skip === false ? loadSeccomp(capabilities) : (null as never)

  it('refuses what it does not name', () => {
    assert.equal(seccomp.defaultAction, 'SCMP_ACT_ERRNO')
    assert.equal(decide(seccomp, 'no_such_call'), 'SCMP_ACT_ERRNO')
  })

  it('lets ordinary programs work', () => {
    const ordinary = ['read', 'openat', 'execve', 'fork', 'wait4', 'mmap', 'connect', 'chroot', 'setuid', 'socketpair']
    for (const name of ordinary) assert.equal(decide(seccomp, name), 'SCMP_ACT_ALLOW', name)
  })

  it('refuses calls that open kernel subsystems to root of a user namespace, to everybody', () => {
    const refused = [
      ...['unshare', 'setns', 'mount', 'umount', 'umount2', 'pivot_root', 'move_mount', 'open_tree', 'mount_setattr'],
      ...['fsopen', 'fsmount', 'fsconfig', 'fspick', 'keyctl', 'add_key', 'request_key', 'bpf', 'perf_event_open'],
      ...['userfaultfd', 'io_uring_setup', 'io_uring_enter', 'io_uring_register', 'open_by_handle_at'],
      ...['name_to_handle_at', 'clone3', 'kexec_load', 'init_module', 'finit_module', 'delete_module', 'iopl'],
      ...['settimeofday', 'clock_settime', 'acct', 'swapon', 'reboot', 'syslog', 'quotactl', 'setdomainname'],
    ]
    for (const name of refused) assert.notEqual(decide(seccomp, name), 'SCMP_ACT_ALLOW', name)
  })

  it('does so also for a user with every capability', () => {
    const all = ['CAP_SYS_ADMIN', 'CAP_DAC_READ_SEARCH', 'CAP_SYS_MODULE', 'CAP_NET_ADMIN', 'CAP_SYS_PTRACE', 'CAP_BPF']
    const wide = loadSeccomp([...capabilities, ...all])
    for (const name of ['unshare', 'mount', 'setns', 'bpf', 'keyctl', 'open_by_handle_at', 'clone3'])
      assert.notEqual(decide(wide, name), 'SCMP_ACT_ALLOW', name)
    assert.equal(decide(wide, 'clone', { 0: 0x1000_0000 }), 'SCMP_ACT_ERRNO')
  })

  it('lets clone make processes and threads, but no namespace', () => {
    const thread = 0x3d_0f00
    for (const flags of [0, 17, thread]) assert.equal(decide(seccomp, 'clone', { 0: flags }), 'SCMP_ACT_ALLOW')
    const namespaces = [17, 25, 26, 27, 28, 29, 30].map((bit) => 2 ** bit)
    for (const flag of namespaces) {
      assert.equal(decide(seccomp, 'clone', { 0: flag }), 'SCMP_ACT_ERRNO', flag.toString(16))
      assert.equal(decide(seccomp, 'clone', { 0: thread + flag }), 'SCMP_ACT_ERRNO', flag.toString(16))
    }
  })

  it('has libraries fall back from clone3 to clone', () => {
    const [rule] = seccomp.syscalls.filter(({ names }) => names.includes('clone3'))
    assert.deepEqual([rule?.action, rule?.errnoRet], ['SCMP_ACT_ERRNO', 38])
  })

  it('lets sockets be unix, internet and netlink ones, and nothing else', () => {
    for (let family = 0; family < 64; family++) {
      const expected = [1, 2, 10, 16].includes(family) ? 'SCMP_ACT_ALLOW' : 'SCMP_ACT_ERRNO'
      assert.equal(decide(seccomp, 'socket', { 0: family, 2: 9 }), expected, `family ${family}`)
    }
  })

  it('lets requests to devices and files pass, but of those to a btrfs only what shares blocks', () => {
    const usual = [
      0x5401, 0x5413, 0x541b, 0x8004_6602, 0x4004_9409, 0x4020_940d, 0xc018_9436, 0x8038_3501, 0x9500, 0x1494,
    ]
    for (const request of usual) assert.equal(decide(seccomp, 'ioctl', { 1: request }), 'SCMP_ACT_ALLOW', `${request}`)
    const subvolumes = [0x5000_940e, 0x5000_9401, 0x5000_9418, 0x5000_9417, 0x5000_940f, 0x5000_943f]
    for (const request of [...subvolumes, 0x9400, 0x94ff, 0xd000_9411])
      assert.notEqual(decide(seccomp, 'ioctl', { 1: request }), 'SCMP_ACT_ALLOW', `${request}`)
  })

  it('knows one architecture', () => {
    assert.equal(seccomp.architectures.length, 1)
  })

  it('leaves out what capabilities would allow that the sandbox does not have', () => {
    assert.equal(decide(loadSeccomp([]), 'chroot'), 'SCMP_ACT_ERRNO')
    assert.equal(decide(loadSeccomp(['CAP_SYS_TIME']), 'settimeofday'), 'SCMP_ACT_ALLOW')
  })
})

/** What the kernel does with a call: the rules whose conditions all hold; the strictest of them, else the default. */
function decide(seccomp: Seccomp, name: string, args: Readonly<Record<number, number>> = {}): string {
  const actions = seccomp.syscalls
    .filter((rule) => rule.names.includes(name))
    .filter((rule) => (rule.args ?? []).every((condition) => holds(condition, args[condition.index] ?? 0)))
    .map((rule) => rule.action)
  if (actions.length === 0) return seccomp.defaultAction
  return actions.find((action) => action !== 'SCMP_ACT_ALLOW') ?? 'SCMP_ACT_ALLOW'
}

function holds({ op, value, valueTwo }: { op: string; value: number; valueTwo?: number }, actual: number): boolean {
  switch (op) {
    case 'SCMP_CMP_EQ':
      return actual === value
    case 'SCMP_CMP_NE':
      return actual !== value
    case 'SCMP_CMP_MASKED_EQ':
      return Number(BigInt(actual) & BigInt(value)) === valueTwo
    default:
      throw new Error(`An operator the filter should not have: ${op}`)
  }
}
