import { closedRanges } from '@sandyard/protocol'
import { mustRun, run } from '../host/run.ts'
import type { Layout } from '../layout.ts'
import type { AddressPlan } from './addresses.ts'
import { clearedRules, untakenRules } from './own-rules.ts'

/** Connections of one sandbox that the host remembers at a time; its table is one for all and for itself. */
const connectionLimit = 8192
/** DNS queries of one sandbox, per second; the resolver's socket is one for all */
const queryRate = 300
/** Connections of one sandbox that are taken to its secrets, per second: each one costs a TLS handshake. */
const takenRate = 50

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
  const all = { keepsSets: false }
  const lines = [...clearedRules(table, name, all), ...untakenRules(table, name, all)]
  await run('nft', ['-f', '-'], { input: lines.join('\n') })
}

/**
 * Where connections are taken that carry secrets, see `takenRules`: to a port of the gateway. Until a new start comes to
 * this, they go to the port of the one before, and are refused there.
 */
export function takeConnections(layout: Layout, plan: AddressPlan, port: number): Promise<unknown> {
  const table = `inet ${tableName(layout)}`
  const place = `ip daddr ${plan.gateway} tcp dport ${port}`
  const input = [
    `flush chain ${table} to-secrets`,
    `flush chain ${table} from-taken`,
    `add rule ${table} to-secrets meta l4proto tcp dnat ip to ${plan.gateway}:${port}`,
    `add rule ${table} from-taken ${place} ct state new add @taken { ip saddr limit rate over ${takenRate}/second burst ${4 * takenRate} packets } counter drop`,
    // Nobody comes there but by the rule above.
    `add rule ${table} from-taken ${place} ct status dnat accept`,
  ]
  return mustRun('nft', ['-f', '-'], { input: input.join('\n') })
}

/** Name of the platform's table. */
export function tableName(layout: Layout): string {
  return `sandyard-${layout.prefix}`
}

/**
 * Chains are replaced, sets and maps kept. `owners` ties each interface to its address against forged
 * senders; `narrowed` holds the rules of single sandboxes, `answered` those for what comes back to them; those in
 * `silent` get no answers from the resolver either, and reach no sandbox in `links`; of those in `secretive`, connections to
 * some hosts are taken to the gateway, and go on from the outlet as they would have been let through.
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
add set ${table} links { type ifname . ifname; }
add set ${table} queries { type ipv4_addr; flags dynamic; }
add set ${table} taken { type ipv4_addr; flags dynamic; }
add map ${table} secretive { type ifname : verdict; }
add map ${table} narrowed { type ifname : verdict; }
add map ${table} answered { type ifname : verdict; }
add chain ${table} forward { type filter hook forward priority -5; policy accept; }
add chain ${table} input { type filter hook input priority -5; policy accept; }
add chain ${table} translate { type nat hook postrouting priority 100; policy accept; }
add chain ${table} intercept { type nat hook prerouting priority -100; policy accept; }
add chain ${table} output { type filter hook output priority -5; policy accept; }
add chain ${table} to-secrets
add chain ${table} from-taken
add chain ${table} outbound
add chain ${table} inbound
add chain ${table} to-host
add chain ${table} linked
flush chain ${table} forward
flush chain ${table} input
flush chain ${table} translate
flush chain ${table} intercept
flush chain ${table} output
flush chain ${table} outbound
flush chain ${table} inbound
flush chain ${table} to-host
flush chain ${table} linked
table ${table} {
  chain forward {
    iifname ${mine} jump outbound
    oifname ${mine} jump inbound
  }
  chain input {
    iifname ${mine} jump to-host
  }
  chain intercept {
    tcp dport 443 iifname vmap @secretive
  }
  chain output {
    oifname ${mine} ct state new meta skuid != ${process.geteuid?.() ?? 0} reject with icmpx admin-prohibited
    meta nfproto ipv6 accept
    ip saddr != ${plan.outlet} accept
    oifname "syd*" reject with icmpx admin-prohibited
    oifname "lo" reject with icmpx admin-prohibited
    ${open}
    ip daddr { ${closedRanges.join(', ')} } counter reject with icmpx admin-prohibited
  }
  chain outbound {
    meta nfproto ipv6 drop
    iifname . ip saddr != @owners drop
    iifname . oifname @links goto linked
    oifname "syd*" reject with icmpx admin-prohibited
    iifname vmap @narrowed
    ct state new add @connections { ip saddr ct count over ${connectionLimit} } counter reject with icmpx admin-prohibited
    ${open}
    ip daddr { ${closedRanges.join(', ')} } counter reject with icmpx admin-prohibited
  }
  chain linked {
    iifname @silent reject with icmpx admin-prohibited
    oifname @silent reject with icmpx admin-prohibited
    ct state new add @connections { ip saddr ct count over ${connectionLimit} } counter reject with icmpx admin-prohibited
    accept
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
    meta l4proto tcp ct state established ct direction reply accept
    iifname @silent reject with icmpx admin-prohibited
    udp dport 53 add @queries { ip saddr limit rate over ${queryRate}/second burst ${2 * queryRate} packets } counter drop
    ip daddr ${plan.gateway} udp dport 53 accept
    ip daddr ${plan.gateway} tcp dport 53 accept
    jump from-taken
    counter reject with icmpx admin-prohibited
  }
  chain translate {
    ip saddr ${plan.network} oifname != "syd*" masquerade
  }
}
`
}
