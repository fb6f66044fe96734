import { chownSync, copyFileSync, writeFileSync } from 'node:fs'
import { BlockList, isIPv4 } from 'node:net'
import { join } from 'node:path'
import { closedRanges, PlatformError, type RegistryLogin } from '@sandyard/protocol'
import type { Context } from '../context.ts'
import { diskPaths } from '../disk/disks.ts'
import { type RunResult, run } from '../host/run.ts'
import { slotNames } from '../network/slots.ts'
import { containerRootId } from '../records/ids.ts'
import { discardSlot } from '../spares/slots.ts'
import { authFile, findLogin } from './login.ts'
import type { ImageReference } from './reference.ts'

const GiB = 1024 ** 3

/** skopeo's user and group: nobody's, with files of its own on the scratch disk only. */
export const fetcherId = containerRootId + 65_534

/** A way to one registry. */
export interface Registry {
  /** Runs skopeo. What it is told of `/tmp` is the scratch disk. */
  ask(args: readonly string[], timeoutMs: number, signal: AbortSignal): Promise<RunResult>
  /** whether a login is sent */
  readonly login: RegistryLogin | null
  close(): void
}

/** What a way to a registry needs. */
export interface RegistryOptions {
  readonly reference: ImageReference
  readonly logins: readonly RegistryLogin[]
  /** disk whose `upper` skopeo may write to */
  readonly scratchId: string
  readonly maxGib: number
}

/*
 * Whoever names an image chooses the host, and the registry may send skopeo on to any other. So skopeo runs where a
 * sandbox would: in a network slot of its own, whose firewall refuses this host and all private ranges, whatever a name
 * resolves to. Registries that the administrator has named are reached from the host itself.
 */

/** What skopeo sees: the scratch disk as /tmp, and the names as the slot's own resolver tells them. */
const place = `[ -z "$2" ] || mount --bind "$2" /etc/resolv.conf; mount --bind "$1" /tmp && shift 2 && exec "$@"`

/** Opens a way to the registry of an image. Throws BAD_REQUEST when it is in a private network. */
export async function openRegistry(context: Context, options: RegistryOptions): Promise<Registry> {
  const { reference, scratchId, maxGib } = options
  const isTrusted = context.images.insecureRegistries.includes(reference.registry)
  if (!isTrusted) refusePrivate(context, reference.registry)
  const login = findLogin(options.logins, reference)
  const { upper, etc } = diskPaths(context.layout, scratchId)
  writeOwn(join(upper, 'auth.json'), authFile(login, reference))
  if (context.caFile !== null) {
    copyFileSync(context.caFile, join(upper, 'ca.pem'))
    chownSync(join(upper, 'ca.pem'), fetcherId, fetcherId)
  }
  chownSync(upper, fetcherId, fetcherId)
  const slot = isTrusted ? null : await context.slots.take()
  const names = slot === null ? '' : join(etc, 'resolv.conf')
  if (slot !== null) writeFileSync(names, `nameserver ${context.plan.gateway}\noptions timeout:3 attempts:2\n`)
  const user = ['--reuid', fetcherId, '--regid', fetcherId, '--clear-groups', '--no-new-privs', '--bounding-set=-all']
  const harmless = ['setpriv', ...user.map(String), '--pdeathsig', 'KILL', '--']
  const skopeo = ['prlimit', `--fsize=${maxGib * GiB}`, '--core=0', 'skopeo', '--insecure-policy']
  const [program = '', ...before] =
    slot === null
      ? ['unshare', '--mount', '--propagation', 'private', '--']
      : ['ip', 'netns', 'exec', slotNames(context.layout, slot).name]
  const env = {
    ...context.commonEnv,
    HOME: '/tmp',
    TMPDIR: '/tmp',
    XDG_RUNTIME_DIR: '/tmp',
    REGISTRY_AUTH_FILE: '/tmp/auth.json',
    ...(context.caFile === null ? {} : { SSL_CERT_FILE: '/tmp/ca.pem' }),
  }
  return {
    login,
    ask([verb = '', ...args], timeoutMs, signal) {
      const tls = `--${verb === 'copy' ? 'src-' : ''}tls-verify=${!isTrusted}`
      const all = [...before, 'sh', '-c', place, 'sh', upper, names, ...harmless, ...skopeo, verb, tls, ...args]
      return run(program, all, { timeoutMs, signal, env })
    },
    close() {
      if (slot !== null) discardSlot(context, slot)
    },
  }
}

/** The firewall refuses them too; this says why. */
function refusePrivate({ images, plan }: Context, registry: string): void {
  const host = registry.replace(/:\d+$/, '')
  const address = host === 'localhost' || host.endsWith('.localhost') ? '127.0.0.1' : host
  const isClosed =
    isIPv4(address) && isIn(address, [...closedRanges, plan.network]) && !isIn(address, images.openRanges)
  if (!isClosed && !host.startsWith('[')) return
  throw new PlatformError(
    'BAD_REQUEST',
    `The registry ${registry} is in a private network; the administrator can allow it with the setting insecure-registries or network-allow`,
  )
}

function isIn(address: string, ranges: readonly string[]): boolean {
  const list = new BlockList()
  for (const range of ranges) {
    const [net = '', bits = '32'] = range.split('/')
    list.addSubnet(net, Number(bits), 'ipv4')
  }
  return list.check(address, 'ipv4')
}

function writeOwn(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 })
  chownSync(file, fetcherId, fetcherId)
}
