import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { containerIdCount } from '../records/ids.ts'
import { capabilities, type RuntimeInput, runtimeMount, runtimeSpec } from './spec.ts'

interface Config {
  readonly process: {
    readonly user: { readonly uid: number; readonly gid: number; readonly additionalGids: readonly number[] }
    readonly args: readonly string[]
    readonly env: readonly string[]
    readonly capabilities: Readonly<Record<string, readonly string[]>>
    readonly rlimits: readonly { readonly type: string; readonly soft: number; readonly hard: number }[]
  }
  readonly mounts: readonly {
    readonly destination: string
    readonly source: string
    readonly options: readonly string[]
  }[]
  readonly linux: {
    readonly uidMappings: readonly object[]
    readonly gidMappings: readonly object[]
    readonly namespaces: readonly { readonly type: string; readonly path?: string }[]
    readonly resources: Readonly<Record<string, Readonly<Record<string, number>>>> & {
      readonly devices: readonly object[]
    }
    readonly cgroupsPath: string
    readonly seccomp: object
    readonly maskedPaths: readonly string[]
    readonly readonlyPaths: readonly string[]
  }
}

const input: RuntimeInput = {
  spec: {
    id: 'one',
    hostname: 'one',
    snapshot: 'default',
    user: 'daytona',
    env: {},
    cpu: 2,
    memoryGib: 3,
    diskGib: 1,
    network: { blockAll: false, allowList: null },
    volumes: [],
  },
  rootId: 600_000,
  root: '/root-of-it',
  etc: '/etc-of-it',
  runtime: '/runtime',
  networkNamespace: '/run/netns/syd0-1',
  cgroup: '/sandyard-0/one',
  cgroupViews: [{ source: '/sys/fs/cgroup/sandyard-0/one', destination: '/sys/fs/cgroup' }],
  seccomp: { defaultAction: 'SCMP_ACT_ERRNO', architectures: [], syscalls: [] },
  user: { uid: 1000, gid: 1001, groups: [27], home: '/home/daytona' },
  workDir: '/home/daytona',
  env: { A: 'b=c', EMPTY: '' },
  pidLimit: 2048,
  caFile: null,
  volumes: [],
}

const make = (change: Partial<RuntimeInput> = {}) => runtimeSpec({ ...input, ...change }) as Config

/** All capabilities that reach beyond a user's own files, processes and ports. */
const dangerous = [
  ...['SYS_ADMIN', 'SYS_MODULE', 'SYS_RAWIO', 'SYS_PTRACE', 'SYS_BOOT', 'SYS_TIME', 'SYS_NICE', 'SYS_RESOURCE'],
  ...['NET_ADMIN', 'NET_RAW', 'MKNOD', 'DAC_READ_SEARCH', 'LINUX_IMMUTABLE', 'IPC_LOCK', 'IPC_OWNER', 'LEASE'],
  ...['AUDIT_CONTROL', 'AUDIT_READ', 'MAC_ADMIN', 'MAC_OVERRIDE', 'SYSLOG', 'WAKE_ALARM', 'BLOCK_SUSPEND', 'BPF'],
  ...['PERFMON', 'CHECKPOINT_RESTORE', 'SYS_TTY_CONFIG', 'SYS_PACCT', 'NET_BROADCAST'],
].map((name) => `CAP_${name}`)

describe('the runtime configuration', () => {
  it('gives no capability beyond the list, and none to a user who is not root', () => {
    assert.deepEqual(
      capabilities.filter((name) => dangerous.includes(name)),
      [],
    )
    assert.deepEqual(make().process.capabilities, {
      bounding: capabilities,
      effective: [],
      permitted: [],
      inheritable: [],
    })
    const root = make({ user: { uid: 0, gid: 0, groups: [], home: '/root' } })
    assert.deepEqual(root.process.capabilities, {
      bounding: capabilities,
      effective: capabilities,
      permitted: capabilities,
      inheritable: [],
    })
  })

  it('has every namespace of its own, and nobody inside is anybody outside', () => {
    const { namespaces, uidMappings, gidMappings } = make().linux
    assert.deepEqual(namespaces.map(({ type }) => type).sort(), [
      'cgroup',
      'ipc',
      'mount',
      'network',
      'pid',
      'user',
      'uts',
    ])
    const shared = namespaces.filter(({ path }) => path !== undefined)
    assert.deepEqual(shared, [{ type: 'network', path: '/run/netns/syd0-1' }])
    const mapping = [{ containerID: 0, hostID: 600_000, size: containerIdCount }]
    assert.deepEqual(uidMappings, mapping)
    assert.deepEqual(gidMappings, mapping)
  })

  it('limits what the sandbox uses', () => {
    const { resources, cgroupsPath } = make().linux
    const memory = 3 * 1024 ** 3
    assert.deepEqual(resources.memory, { limit: memory, swap: memory })
    assert.deepEqual(resources.cpu, { shares: 2048, quota: 200_000, period: 100_000 })
    assert.deepEqual(resources.pids, { limit: 2048 })
    assert.deepEqual(resources.devices, [{ allow: false, access: 'rwm' }])
    assert.equal(cgroupsPath, '/sandyard-0/one')
    for (const { type, soft, hard } of make().process.rlimits) {
      assert.ok(Number.isInteger(soft) && soft >= 0 && soft <= hard, `${type} ${soft} ${hard}`)
    }
  })

  it('mounts of the host only what is meant, nothing writable but the three files of its own disk', () => {
    const { mounts } = make()
    for (const { destination, options } of mounts) {
      assert.ok(options.includes('nosuid'), destination)
      if (!['/dev', '/dev/pts'].includes(destination)) assert.ok(options.includes('nodev'), destination)
    }
    const bound = mounts.filter(({ options }) => options.includes('bind') || options.includes('rbind'))
    const writable = bound.filter(({ options }) => !options.includes('ro')).map(({ source }) => source)
    assert.deepEqual(writable, ['/etc-of-it/hostname', '/etc-of-it/hosts', '/etc-of-it/resolv.conf'])
    const readOnly = bound.filter(({ options }) => options.includes('ro')).map(({ source }) => source)
    assert.deepEqual(readOnly.sort(), ['/runtime', '/sys/devices/system/cpu', '/sys/fs/cgroup/sandyard-0/one'])
    assert.ok(mounts.find(({ destination }) => destination === '/sys')?.options.includes('ro'))
  })

  it('mounts a file of certificates read-only', () => {
    const caFile = { source: '/ca.pem', destination: '/etc/ssl/ca.pem' }
    const mount = make({ caFile }).mounts.find(({ source }) => source === '/ca.pem')
    assert.equal(mount?.destination, '/etc/ssl/ca.pem')
    for (const option of ['bind', 'ro', 'nosuid', 'nodev', 'noexec']) assert.ok(mount?.options.includes(option), option)
  })

  it('hides what /proc tells of the machine', () => {
    const { maskedPaths, readonlyPaths } = make().linux
    for (const path of ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/proc/scsi', '/proc/acpi'])
      assert.ok(maskedPaths.includes(path), path)
    for (const path of ['/proc/sys', '/proc/sysrq-trigger', '/proc/irq', '/proc/bus', '/proc/fs'])
      assert.ok(readonlyPaths.includes(path), path)
  })

  it('starts nothing of the image, as the user, with the environment of commands', () => {
    const { args, user, env } = make().process
    const ours = args.filter((arg) => arg.startsWith('/') && arg !== '/home/daytona')
    assert.ok(
      ours.every((arg) => arg === runtimeMount || arg.startsWith(`${runtimeMount}/`)),
      args.join(' '),
    )
    assert.deepEqual([user.uid, user.gid, user.additionalGids], [1000, 1001, [27]])
    assert.deepEqual(env, ['A=b=c', 'EMPTY='])
  })
})
