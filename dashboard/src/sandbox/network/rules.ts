import type { ApiOperations, InputOf, NetworkRefusal } from '@sandyard/sdk'
import type { SandboxDetail } from '../../sandboxes/live.ts'

/** Where a sandbox may connect to: everywhere in public, to what is listed, or to nothing. */
export type NetworkMode = 'open' | 'listed' | 'closed'

/** Its rules, the lists taken apart. */
export interface NetworkRules {
  readonly mode: NetworkMode
  /** IPv4 ranges, like the denied ones */
  readonly addresses: readonly string[]
  readonly names: readonly string[]
  readonly deniedAddresses: readonly string[]
  readonly deniedNames: readonly string[]
}

/** Most entries of one list of what is allowed. */
export const mostAllowed = 10
/** Most entries of one list of what is denied. */
export const mostDenied = 50

type Settings = InputOf<ApiOperations['updateNetworkSettings']>['body']

type Told = 'networkBlockAll' | 'networkAllowList' | 'domainAllowList' | 'networkDenyList' | 'domainDenyList'

/** The rules that a sandbox has. */
export function rulesOf(sandbox: Pick<SandboxDetail, Told>): NetworkRules {
  const { networkBlockAll, networkAllowList, domainAllowList, networkDenyList, domainDenyList } = sandbox
  const isListed = networkAllowList !== undefined || domainAllowList !== undefined
  return {
    mode: networkBlockAll ? 'closed' : isListed ? 'listed' : 'open',
    addresses: entriesOf(networkAllowList ?? ''),
    names: entriesOf(domainAllowList ?? ''),
    deniedAddresses: entriesOf(networkDenyList ?? ''),
    deniedNames: entriesOf(domainDenyList ?? ''),
  }
}

/** What was typed or sent, entry by entry: separated by commas, spaces or lines. */
export function entriesOf(text: string): readonly string[] {
  return [...new Set(text.split(/[\s,]+/).filter((entry) => entry !== ''))]
}

/** An address of one machine as the range that it is; all else as it is. */
export function asRange(entry: string): string {
  return /^\d+\.\d+\.\d+\.\d+$/.test(entry) ? `${entry}/32` : entry
}

/** Why rules cannot be saved; null when nothing speaks against them. The platform looks at the entries themselves. */
export function faultOf({ mode, addresses, names, deniedAddresses, deniedNames }: NetworkRules): string | null {
  if (mode === 'listed' && addresses.length + names.length === 0) {
    return 'List an address or a name, or choose Nothing.'
  }
  if (mode === 'listed' && (addresses.length > mostAllowed || names.length > mostAllowed)) {
    return `At most ${mostAllowed} addresses and ${mostAllowed} names can be allowed.`
  }
  if (deniedAddresses.length > mostDenied || deniedNames.length > mostDenied) {
    return `At most ${mostDenied} addresses and ${mostDenied} names can be denied.`
  }
  return null
}

/** The rules with what was refused let in; null where a rule cannot do that, or there is no room in the list. */
export function allowing(rules: NetworkRules, { kind, target, reason }: NetworkRefusal): NetworkRules | null {
  if (reason !== 'not-allowed' || rules.mode === 'open') return null
  const isAddress = kind === 'connection' && /^\d+\.\d+\.\d+\.\d+$/.test(target)
  const entry = isAddress ? `${target}/32` : target.replace(/\.$/, '')
  const had = isAddress ? rules.addresses : rules.names
  if (had.includes(entry) || had.length >= mostAllowed) return null
  const list = [...had, entry]
  return { ...rules, mode: 'listed', ...(isAddress ? { addresses: list } : { names: list }) }
}

/** What the API is told for it. */
export function toSettings({ mode, addresses, names, deniedAddresses, deniedNames }: NetworkRules): Settings {
  const denied = { networkDenyList: deniedAddresses.join(','), domainDenyList: deniedNames.join(',') }
  if (mode === 'closed') return { networkBlockAll: true, ...denied }
  const isListed = mode === 'listed'
  return {
    networkBlockAll: false,
    networkAllowList: isListed ? addresses.join(',') : '',
    domainAllowList: isListed ? names.join(',') : '',
    ...denied,
  }
}
