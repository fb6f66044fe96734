import { isIPv4 } from 'node:net'
import { closedRanges, type NetworkRules, PlatformError } from '@sandyard/protocol'
import { mustRun, run } from '../host/run.ts'
import type { Layout } from '../layout.ts'
import type { AddressPlan } from './addresses.ts'

/** Connections of one sandbox that the host remembers at a time; its table is one for all and for itself. */
const connectionLimit = 8192
/** DNS queries of one sandbox, per second; the resolver's socket is one for all */
const queryRate = 300

/** What the rules are made from. */
export interface FirewallOptions {
  readonly plan: AddressPlan
  /** IPv4 CIDRs that sandboxes reach although they lie in a closed range */
  readonly openRanges: readonly string[]
}

/**
 * Puts the platform's rules in place in one transaction. Sandboxes that run keep their own rules: sets, maps and
 * per-sandbox chains are only added, never flushed, so nothing lapses while the platform starts again.
 */
export async function installFirewall(layout: Layout, options: FirewallOptions): Promise<void> {
  await mustRun('nft', ['-f', '-'], { input: firewallRules(layout, options) })
}

/** Takes all rules of the platform away. Does nothing when there are none. */
export async function removeFirewall(layout: Layout): Promise<void> {
  await run('nft', ['delete', 'table', 'inet', tableName(layout)])
}

/** Lets one interface send with one address, and no other. */
export async function addOwner(layout: Layout, name: string, address: string): Promise<void> {
  await mustRun('nft', ['add', 'element', 'inet', tableName(layout), 'owners', `{ "${name}" . ${address} }`])
}

/** Takes an interface's right to send away, and whatever rules of its own it had. Does nothing when it had none. */
export async function removeOwner(layout: Layout, name: string, address: string): Promise<void> {
  const table = tableName(layout)
  await run('nft', ['delete', 'element', 'inet', table, 'owners', `{ "${name}" . ${address} }`])
  await run('nft', ['-f', '-'], { input: clearedRules(table, name).join('\n') })
}

/** What one interface may reach. */
export interface InterfaceRules {
  readonly name: string
  readonly rules: NetworkRules
}

/**
 * Sets what interfaces may reach, all of it in one transaction: before it the old rules hold, after it the new ones, for
 * connections that are open too. Throws BAD_REQUEST when an allowed range is no IPv4 CIDR.
 */
export async function applyRules(layout: Layout, interfaces: readonly InterfaceRules[]): Promise<void> {
  const table = tableName(layout)
  const lines = interfaces.flatMap(({ name, rules }) => [
    ...clearedRules(table, name),
    ...(isNarrowed(rules) ? narrowedRules(table, name, rules) : []),
  ])
  await mustRun('nft', ['-f', '-'], { input: lines.join('\n') })
}

/**
 * What a sandbox sends that it may not is refused so that its programs notice, also on a connection that was open; what
 * comes back to it from where it may not go is dropped.
 */
function narrowedRules(table: string, name: string, { blockAll, allowList }: NetworkRules): string[] {
  const ranges = blockAll ? [] : (allowList ?? [])
  const wrong = ranges.find((range) => !isRange(range))
  if (wrong !== undefined) throw new PlatformError('BAD_REQUEST', `${wrong} is not an IPv4 CIDR`)
  return [
    `add chain inet ${table} only-${name}`,
    `add chain inet ${table} back-${name}`,
    ...ranges.map((range) => `add rule inet ${table} only-${name} ip daddr ${range} return`),
    `add rule inet ${table} only-${name} meta l4proto tcp ct state established counter reject with tcp reset`,
    `add rule inet ${table} only-${name} counter reject with icmpx admin-prohibited`,
    ...ranges.map((range) => `add rule inet ${table} back-${name} ip saddr ${range} return`),
    `add rule inet ${table} back-${name} counter drop`,
    `add element inet ${table} narrowed { "${name}" : jump only-${name} }`,
    `add element inet ${table} answered { "${name}" : jump back-${name} }`,
    ...(blockAll ? [`add element inet ${table} silent { "${name}" }`] : []),
  ]
}

/** Takes away what an interface has of its own. Only what is there can be deleted, so all of it is added before. */
function clearedRules(table: string, name: string): string[] {
  const chains = [`only-${name}`, `back-${name}`]
  const elements = [
    [`narrowed { "${name}" : jump only-${name} }`, `narrowed { "${name}" }`],
    [`answered { "${name}" : jump back-${name} }`, `answered { "${name}" }`],
    [`silent { "${name}" }`, `silent { "${name}" }`],
  ] as const
  return [
    ...chains.map((chain) => `add chain inet ${table} ${chain}`),
    ...elements.map(([added]) => `add element inet ${table} ${added}`),
    ...elements.map(([, deleted]) => `delete element inet ${table} ${deleted}`),
    ...chains.flatMap((chain) => [`flush chain inet ${table} ${chain}`, `delete chain inet ${table} ${chain}`]),
  ]
}

function isRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  return (
    isIPv4(address) && rest.length === 0 && (prefix === undefined || (/^\d{1,2}$/.test(prefix) && Number(prefix) <= 32))
  )
}

/** True when the rules are more than what every sandbox has. */
export function isNarrowed(rules: NetworkRules): boolean {
  return rules.blockAll || rules.allowList !== null
}

function tableName(layout: Layout): string {
  return `sandyard-${layout.prefix}`
}

/**
 * Chains are replaced, sets and maps kept. `owners` ties each interface to its address against forged
 * senders; `narrowed` holds the rules of single sandboxes, `answered` those for what comes back to them; those in `silent` get no answers from the resolver either.
 * Priority -5 comes before the usual filters: what we refuse is refused, what we accept the others still judge.
 */
function firewallRules(layout: Layout, { plan, openRanges }: FirewallOptions): string {
  const table = `inet ${tableName(layout)}`
  const mine = `"${layout.prefix}-*"`
  const open = openRanges.length === 0 ? '' : `ip daddr { ${openRanges.join(', ')} } accept`
  return `
add table ${table}
add set ${table} owners { type ifname . ipv4_addr; }
add set ${table} silent { type ifname; }
add set ${table} connections { type ipv4_addr; flags dynamic; }
add set ${table} queries { type ipv4_addr; flags dynamic; }
add map ${table} narrowed { type ifname : verdict; }
add map ${table} answered { type ifname : verdict; }
add chain ${table} forward { type filter hook forward priority -5; policy accept; }
add chain ${table} input { type filter hook input priority -5; policy accept; }
add chain ${table} translate { type nat hook postrouting priority 100; policy accept; }
add chain ${table} outbound
add chain ${table} inbound
add chain ${table} to-host
flush chain ${table} forward
flush chain ${table} input
flush chain ${table} translate
flush chain ${table} outbound
flush chain ${table} inbound
flush chain ${table} to-host
table ${table} {
  chain forward {
    iifname ${mine} jump outbound
    oifname ${mine} jump inbound
  }
  chain input {
    iifname ${mine} jump to-host
  }
  chain outbound {
    meta nfproto ipv6 drop
    iifname . ip saddr != @owners drop
    oifname "syd*" reject with icmpx admin-prohibited
    iifname vmap @narrowed
    ct state new add @connections { ip saddr ct count over ${connectionLimit} } counter reject with icmpx admin-prohibited
    ${open}
    ip daddr { ${closedRanges.join(', ')} } counter reject with icmpx admin-prohibited
  }
  chain inbound {
    meta l4proto icmp ct state related accept
    oifname vmap @answered
    ct state established,related accept
    drop
  }
  chain to-host {
    meta nfproto ipv6 drop
    iifname . ip saddr != @owners drop
    iifname @silent reject with icmpx admin-prohibited
    udp dport 53 add @queries { ip saddr limit rate over ${queryRate}/second burst ${2 * queryRate} packets } counter drop
    ip daddr ${plan.gateway} udp dport 53 accept
    ip daddr ${plan.gateway} tcp dport 53 accept
    counter reject with icmpx admin-prohibited
  }
  chain translate {
    ip saddr ${plan.network} oifname != "syd*" masquerade
  }
}
`
}
