import { PlatformError } from '@sandyard/protocol'

/** Most networks of an allow list (api.md 2.3). */
const most = 10

const octet = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'
const cidr = new RegExp(`^${octet}(?:\\.${octet}){3}/(?:3[0-2]|[12]?[0-9])$`)

/** Networks of a comma-separated list of IPv4 CIDRs; blanks are skipped. Throws BAD_REQUEST for anything else. */
export function parseAllowList(text: string): readonly string[] {
  const networks = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  if (networks.length > most) {
    throw new PlatformError('BAD_REQUEST', `networkAllowList must have at most ${most} networks`)
  }
  const bad = networks.find((network) => !cidr.test(network))
  if (bad !== undefined) {
    throw new PlatformError('BAD_REQUEST', `networkAllowList: '${bad}' is not an IPv4 CIDR such as 192.0.2.0/24`)
  }
  return networks
}
