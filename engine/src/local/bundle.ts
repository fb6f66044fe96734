import { closeSync, constants, fchownSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SandboxSpec } from '@sandyard/protocol'
import { cgroupViews } from './cgroup/cgroup.ts'
import type { Context } from './context.ts'
import { diskPaths } from './disk/disks.ts'
import { sandboxPaths } from './layout.ts'
import { slotNames } from './network/slots.ts'
import { rangeRootId } from './records/ids.ts'
import type { SandboxRecord } from './records/record.ts'
import { sandboxCgroup } from './runtime/runc.ts'
import { type RuntimeInput, runtimeSpec } from './runtime/spec.ts'
import { findUser, type Snapshot } from './snapshots/snapshot.ts'

/** Most processes and threads of one sandbox. */
export const pidLimit = 2048

/** Where the platform's certificates are inside. */
export const caMount = '/etc/ssl/sandyard-ca.pem'

/** The snapshot of a spec; plain `Error` when it has gone since the sandbox was made. */
export function snapshotOf(context: Context, spec: SandboxSpec): Snapshot {
  const snapshot = context.snapshots.get(spec.snapshot)
  if (snapshot === undefined) throw new Error(`The snapshot ${spec.snapshot} is not on this machine`)
  return snapshot
}

/** What is found out while a sandbox is brought up. */
export interface BundleInput {
  /** network slot */
  readonly slot: number
  /** number of its range of user ids */
  readonly idRange: number | null
  /** what is mounted in it beside its disk */
  readonly volumes: RuntimeInput['volumes']
}

/** Writes the bundle of the OCI runtime, and the files that are mounted over the snapshot's. */
export function writeBundle(context: Context, record: SandboxRecord, { slot, idRange, volumes }: BundleInput): void {
  const { layout, plan } = context
  const { spec, diskId } = record
  const snapshot = snapshotOf(context, spec)
  const user = findUser(snapshot, spec.user)
  const workDir = snapshot.workDir ?? user.home
  const disk = diskPaths(layout, diskId)
  const paths = sandboxPaths(layout, spec.id)
  const rootId = rangeRootId(layout.index, idRange)
  writeEtc(disk.etc, rootId, [
    ['hostname', `${spec.hostname}\n`],
    ['hosts', hostsFile(spec.hostname, plan.address(slot))],
    ['resolv.conf', `nameserver ${plan.gateway}\noptions timeout:3 attempts:2\n`],
  ])
  const config = runtimeSpec({
    spec,
    rootId,
    root: disk.root,
    etc: disk.etc,
    runtime: context.runtimeFolder,
    networkNamespace: slotNames(layout, slot).namespace,
    cgroup: sandboxCgroup(layout, spec.id),
    cgroupViews: cgroupViews(sandboxCgroup(layout, spec.id)),
    seccomp: context.seccomp,
    user,
    workDir,
    env: environmentOf(context, spec),
    pidLimit,
    caFile: { source: context.trustedInside, destination: caMount },
    volumes,
  })
  mkdirSync(paths.bundle, { recursive: true, mode: 0o700 })
  writeFileSync(join(paths.bundle, 'config.json'), JSON.stringify(config), { mode: 0o600 })
}

/** Variables that a sandbox starts with. Later ones win: the system's, the image's, the platform's, the sandbox's own. */
export function environmentOf(context: Context, spec: SandboxSpec): Record<string, string> {
  const snapshot = snapshotOf(context, spec)
  const user = findUser(snapshot, spec.user)
  const secrets = spec.secrets ?? []
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: user.home,
    USER: user.name,
    SHELL: user.shell,
    LANG: 'C.UTF-8',
    ...snapshot.env,
    ...(context.caFile === null && secrets.length === 0 ? {} : caEnvironment),
    ...context.commonEnv,
    ...spec.env,
    ...Object.fromEntries(secrets.map(({ env, placeholder }) => [env, placeholder])),
    // For the agent alone, which runs it; see agent/src/sessions/entrypoint-setting.ts.
    SANDYARD_ENTRYPOINT: snapshot.entrypoint === null ? '' : JSON.stringify(snapshot.entrypoint),
  }
}

/** Where the usual programs look for a bundle of certificates. */
export const caEnvironment = {
  AWS_CA_BUNDLE: caMount,
  CARGO_HTTP_CAINFO: caMount,
  DENO_CERT: caMount,
  SSL_CERT_FILE: caMount,
  CURL_CA_BUNDLE: caMount,
  GIT_SSL_CAINFO: caMount,
  NODE_EXTRA_CA_CERTS: caMount,
  PIP_CERT: caMount,
  REQUESTS_CA_BUNDLE: caMount,
}

/** These lie on the sandbox's own disk, so that writing to them counts against its limit; root inside owns them. */
export function writeEtc(
  folder: string,
  rootId: number,
  files: readonly (readonly [name: string, text: string])[],
): void {
  for (const [name, text] of files) {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW
    const fd = openSync(join(folder, name), flags, 0o644)
    try {
      writeFileSync(fd, text)
      fchownSync(fd, rootId, rootId)
    } finally {
      closeSync(fd)
    }
  }
}

/** Names that are known inside without asking anybody. */
export function hostsFile(hostname: string, address: string): string {
  return `127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n${address} ${hostname}\n`
}
