import { limits, type NetworkRules, PlatformError } from '@sandyard/protocol'
import { parseHostName } from '../host-name.ts'
import type { NetworkSettings } from '../store/sandbox-record.ts'

/** Most entries of a list of what is allowed (api.md 2.3). */
const mostAllowed = 10

const octet = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'
const cidr = new RegExp(`^${octet}(?:\\.${octet}){3}/(?:3[0-2]|[12]?[0-9])$`)

/** What the settings of a sandbox let it reach. */
export function networkRules(settings: NetworkSettings): NetworkRules {
  const { networkBlockAll, networkAllowList, domainAllowList, networkDenyList, domainDenyList } = settings
  const denyList = parseNetworks('networkDenyList', networkDenyList ?? '')
  const denyDomains = parseDomains('domainDenyList', domainDenyList ?? '')
  return {
    blockAll: networkBlockAll,
    allowList: networkAllowList === null ? null : parseNetworks('networkAllowList', networkAllowList),
    ...(domainAllowList === null ? {} : { domains: parseDomains('domainAllowList', domainAllowList) }),
    ...(denyList.length === 0 ? {} : { denyList }),
    ...(denyDomains.length === 0 ? {} : { denyDomains }),
  }
}

/** Lists of a call, as they came. */
export type Lists = Partial<Record<NetworkField | DomainField, string | undefined>>

type NetworkField = 'networkAllowList' | 'networkDenyList'
type DomainField = 'domainAllowList' | 'domainDenyList'

/** Throws BAD_REQUEST when one of the lists is none. */
export function checkLists(lists: Lists): void {
  for (const field of ['networkAllowList', 'networkDenyList'] as const) parseNetworks(field, lists[field] ?? '')
  for (const field of ['domainAllowList', 'domainDenyList'] as const) parseDomains(field, lists[field] ?? '')
}

/** Networks of a comma-separated list of IPv4 CIDRs; blanks are skipped. Throws BAD_REQUEST for anything else. */
function parseNetworks(field: NetworkField, text: string): readonly string[] {
  const networks = partsOf(text)
  const most = field === 'networkAllowList' ? mostAllowed : limits.denyListCount
  if (networks.length > most) throw new PlatformError('BAD_REQUEST', `${field} must have at most ${most} networks`)
  const bad = networks.find((network) => !cidr.test(network))
  if (bad !== undefined) {
    throw new PlatformError('BAD_REQUEST', `${field}: '${bad}' is not an IPv4 CIDR such as 192.0.2.0/24`)
  }
  return networks
}

/**
 * Names of a comma-separated list, each with an optional `*.` before it for all names below; blanks are skipped. They come
 * in the form that resolvers are asked in. Throws BAD_REQUEST for anything else.
 */
function parseDomains(field: DomainField, text: string): readonly string[] {
  const domains = partsOf(text)
  const most = field === 'domainAllowList' ? mostAllowed : limits.denyListCount
  if (domains.length > most) throw new PlatformError('BAD_REQUEST', `${field} must have at most ${most} domains`)
  return domains.map((part) => {
    const domain = parseHostName(part)
    if (domain === null) {
      throw new PlatformError(
        'BAD_REQUEST',
        `${field}: '${part.slice(0, 300)}' is not a domain such as example.com or *.example.com`,
      )
    }
    return domain
  })
}

function partsOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
