import { isIPv4 } from 'node:net'
import { type NetworkRules, PlatformError } from '@sandyard/protocol'

/*
 * Rules of single interfaces, as lines for nft. Each interface that is narrowed has chains for what it sends, for what comes
 * back and for what is refused, and sets: the addresses that names have opened to it, those that denied names have closed, and
 * what it was refused.
 */

/** How long an address that a name has led to stays open after the last answer, or packet of an open connection, s. */
export const openSeconds = 3600
/** Addresses that names have opened to one sandbox, at most; connections that go on keep more. */
export const mostOpen = 4096
/** Destinations that were refused to one sandbox and are remembered. */
const mostRefused = 500
/** How long what was refused is remembered, s. */
export const refusedSeconds = 3600

/** Name of the set of addresses that names have opened. */
export const openSet = (name: string): string => `open-${name}`
/** Name of the set of addresses that hosts of secrets have. */
export const secretSet = (name: string): string => `secret-${name}`
/** Name of the set of addresses that denied names have closed. */
export const closedSet = (name: string): string => `closed-${name}`
/** Name of the set of what was refused. */
export const refusedSet = (name: string): string => `refused-${name}`

/** True when the rules are more than what every sandbox has. */
export function isNarrowed(rules: NetworkRules): boolean {
  const { denyList = [], denyDomains = [] } = rules
  return isListed(rules) || denyList.length > 0 || denyDomains.length > 0
}

/** True when only what is listed is open. */
export function isListed({ blockAll, allowList, domains }: NetworkRules): boolean {
  return blockAll || allowList !== null || domains !== undefined
}

/**
 * What a sandbox sends that it may not is refused so that its programs notice, also on a connection that was open; what
 * comes back to it from where it may not go is dropped. What is refused is noted in a set of limited size, by the packet
 * itself. What is denied comes before all that is open. Throws BAD_REQUEST when a range is no IPv4 CIDR.
 */
export function narrowedRules(table: string, name: string, rules: NetworkRules): string[] {
  const { blockAll, allowList, domains, denyList = [], denyDomains = [] } = rules
  const ranges = blockAll ? [] : (allowList ?? [])
  requireRanges(rules)
  const hasNames = !blockAll && domains !== undefined
  const open = `@${openSet(name)}`
  const denied = [...denyList, ...(denyDomains.length > 0 ? [`@${closedSet(name)}`] : [])]
  const only = (rule: string): string => `add rule inet ${table} only-${name} ${rule}`
  const back = (rule: string): string => `add rule inet ${table} back-${name} ${rule}`
  const no = (rule: string): string => `add rule inet ${table} no-${name} ${rule}`
  const note = (protocols: string, port: string): string =>
    no(`meta l4proto ${protocols} update @${refusedSet(name)} { ip daddr . meta l4proto . ${port} counter }`)
  const sets = [
    `add set inet ${table} ${openSet(name)} { type ipv4_addr; flags dynamic,timeout; timeout ${openSeconds}s; size ${4 * mostOpen}; }`,
    `add set inet ${table} ${closedSet(name)} { type ipv4_addr; flags dynamic,timeout; size ${4 * mostOpen}; }`,
    `add set inet ${table} ${refusedSet(name)} { type ipv4_addr . inet_proto . inet_service; flags dynamic,timeout; timeout ${refusedSeconds}s; size ${mostRefused}; }`,
  ]
  return [
    `add chain inet ${table} only-${name}`,
    `add chain inet ${table} back-${name}`,
    `add chain inet ${table} no-${name}`,
    ...sets,
    ...denied.map((what) => only(`ip daddr ${what} goto no-${name}`)),
    // Who answers names there would answer the denied ones.
    ...(denyDomains.length > 0 ? [only(`meta l4proto { tcp, udp } th dport { 53, 853 } goto no-${name}`)] : []),
    ...ranges.map((range) => only(`ip daddr ${range} return`)),
    ...(hasNames
      ? [
          only(`ip daddr ${open} ct state established update ${open} { ip daddr } return`),
          only(`ip daddr ${open} return`),
        ]
      : []),
    note('{ tcp, udp }', 'th dport'),
    note('!= { tcp, udp }', '0'),
    no('meta l4proto tcp ct state established counter reject with tcp reset'),
    no('counter reject with icmpx admin-prohibited'),
    ...(isListed(rules) ? [only(`goto no-${name}`)] : []),
    ...denied.map((what) => back(`ip saddr ${what} counter drop`)),
    ...ranges.map((range) => back(`ip saddr ${range} return`)),
    ...(hasNames ? [back(`ip saddr ${open} return`)] : []),
    ...(isListed(rules) ? [back('counter drop')] : []),
    `add element inet ${table} narrowed { "${name}" : jump only-${name} }`,
    `add element inet ${table} answered { "${name}" : jump back-${name} }`,
    ...(blockAll ? [`add element inet ${table} silent { "${name}" }`] : []),
  ]
}

/**
 * Takes away what an interface has of its own; with `keepsSets` what names have opened and what was refused stays, for
 * rules that follow in the same transaction. Only what is there can be deleted, so all of it is added before.
 */
export function clearedRules(table: string, name: string, { keepsSets }: { readonly keepsSets: boolean }): string[] {
  const chains = [`only-${name}`, `back-${name}`, `no-${name}`]
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
    ...(keepsSets ? [] : clearedSets(table, name)),
  ]
}

/** Sets that are not there are added to be deleted; of which kind they are does not matter to those that are. */
function clearedSets(table: string, name: string): string[] {
  const sets = [
    [openSet(name), 'type ipv4_addr'],
    [closedSet(name), 'type ipv4_addr'],
    [refusedSet(name), 'type ipv4_addr . inet_proto . inet_service'],
  ] as const
  return sets.flatMap(([set, type]) => [
    `add set inet ${table} ${set} { ${type}; flags dynamic,timeout; }`,
    `delete set inet ${table} ${set}`,
  ])
}

/**
 * Connections to the HTTPS port of hosts of secrets are taken to the gateway; each of them renews its address. The set
 * says which: it is filled as the hosts are asked for.
 */
export function takenRules(table: string, name: string): string[] {
  const set = `@${secretSet(name)}`
  return [
    `add chain inet ${table} take-${name}`,
    `add set inet ${table} ${secretSet(name)} { type ipv4_addr; flags dynamic,timeout; timeout ${openSeconds}s; size ${4 * mostOpen}; }`,
    `add rule inet ${table} take-${name} ip daddr ${set} update ${set} { ip daddr } goto to-secrets`,
    `add element inet ${table} secretive { "${name}" : jump take-${name} }`,
  ]
}

/** Takes away what `takenRules` gave; with `keepsSets` for rules that follow in the same transaction. */
export function untakenRules(table: string, name: string, { keepsSets }: { readonly keepsSets: boolean }): string[] {
  const [chain, element, set] = [`take-${name}`, `secretive { "${name}"`, secretSet(name)]
  return [
    `add chain inet ${table} ${chain}`,
    `add element inet ${table} ${element} : jump ${chain} }`,
    `delete element inet ${table} ${element} }`,
    `flush chain inet ${table} ${chain}`,
    `delete chain inet ${table} ${chain}`,
    ...(keepsSets
      ? []
      : [`add set inet ${table} ${set} { type ipv4_addr; flags dynamic,timeout; }`, `delete set inet ${table} ${set}`]),
  ]
}

/** Opens addresses in a set for as long as they stay open; those that are open begin anew. */
export function openedRules(table: string, set: string, addresses: readonly string[]): string[] {
  const element = `element inet ${table} ${set} { ${addresses.join(', ')} }`
  return addresses.length === 0 ? [] : [`add ${element}`, `delete ${element}`, `add ${element}`]
}

/** Closes addresses; those that are not open do not matter. */
export function closedRules(table: string, set: string, addresses: readonly string[]): string[] {
  return openedRules(table, set, addresses).slice(0, 2)
}

/** Closes all but these addresses. */
export function keptOpenRules(table: string, set: string, addresses: readonly string[]): string[] {
  return [`flush set inet ${table} ${set}`, ...openedRules(table, set, addresses).slice(0, 1)]
}

/** Pairs of interfaces that reach each other, all of them: both ways. */
export function linkRules(table: string, pairs: readonly (readonly [string, string])[]): string[] {
  const elements = pairs.flatMap(([one, other]) => [`"${one}" . "${other}"`, `"${other}" . "${one}"`])
  return [
    `flush set inet ${table} links`,
    ...(elements.length === 0 ? [] : [`add element inet ${table} links { ${elements.join(', ')} }`]),
  ]
}

/** Throws BAD_REQUEST when one of the networks of the rules is no IPv4 CIDR. */
export function requireRanges({ allowList, denyList = [] }: NetworkRules): void {
  const wrong = [...(allowList ?? []), ...denyList].find((range) => !isRange(range))
  if (wrong !== undefined) throw new PlatformError('BAD_REQUEST', `${wrong} is not an IPv4 CIDR`)
}

function isRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  return (
    isIPv4(address) && rest.length === 0 && (prefix === undefined || (/^\d{1,2}$/.test(prefix) && Number(prefix) <= 32))
  )
}
