import { readdirSync } from 'node:fs'
import { mustRun, run } from '../host/run.ts'
import type { Layout } from '../layout.ts'
import type { AddressPlan } from './addresses.ts'
import { addOwner, removeOwner } from './firewall.ts'

/**
 * A slot is one sandbox's place in the network: a network namespace with one interface, its address, and the host's
 * end of it. Everything is named after the slot's number, so that it can be found again without notes.
 */
export interface SlotNames {
  /** name of the namespace and of the host's interface */
  readonly name: string
  /** file that stands for the namespace */
  readonly namespace: string
}

/** Names of a slot. */
export function slotNames(layout: Layout, slot: number): SlotNames {
  const name = `${layout.prefix}-${slot}`
  return { name, namespace: `/run/netns/${name}` }
}

/**
 * Makes a slot: the namespace, the pair of interfaces, address and routes inside, and the rule that lets only this
 * address out. From its first moment the platform's firewall covers it, because that goes by the interface's name.
 */
export async function createSlot(layout: Layout, plan: AddressPlan, slot: number): Promise<void> {
  const { name } = slotNames(layout, slot)
  const address = plan.address(slot)
  await mustRun('ip', ['-batch', '-'], {
    input: [
      `netns add ${name}`,
      `link add ${name} type veth peer name eth0 netns ${name}`,
      `link set ${name} up`,
      `route add ${address}/32 dev ${name} src ${plan.gateway}`,
    ].join('\n'),
  })
  await Promise.all([
    mustRun('ip', ['-n', name, '-batch', '-'], {
      input: [
        'link set lo up',
        `addr add ${address}/32 dev eth0`,
        'link set eth0 up',
        `route add ${plan.gateway} dev eth0 scope link`,
        `route add default via ${plan.gateway}`,
      ].join('\n'),
    }),
    addOwner(layout, name, address),
  ])
  await mustRun('ip', ['netns', 'exec', name, 'sysctl', '-q', '-w', ...namespaceSettings])
}

/** Removes a slot. Does nothing when it is gone. */
export async function removeSlot(layout: Layout, plan: AddressPlan, slot: number): Promise<void> {
  const { name } = slotNames(layout, slot)
  await run('ip', ['link', 'delete', name])
  await run('ip', ['netns', 'delete', name])
  await removeOwner(layout, name, plan.address(slot))
}

/** Numbers of all slots of this platform that exist, whole or in part. */
export function listSlots(layout: Layout): number[] {
  const names = [...readFolder('/run/netns'), ...readFolder('/sys/class/net')]
  const slots = names
    .filter((name) => name.startsWith(`${layout.prefix}-`))
    .map((name) => Number(name.slice(layout.prefix.length + 1)))
    .filter((slot) => Number.isInteger(slot))
  return [...new Set(slots)]
}

/**
 * Inside, nobody is privileged over the network namespace, so what ordinary users may do is set here: bind ports
 * below 1024 and send pings. No IPv6 address but loopback's: there is no way out for IPv6.
 */
const namespaceSettings = [
  'net.ipv4.ip_unprivileged_port_start=0',
  'net.ipv4.ping_group_range=0 2147483647',
  'net.ipv6.conf.eth0.disable_ipv6=1',
]

function readFolder(path: string): string[] {
  try {
    return readdirSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
