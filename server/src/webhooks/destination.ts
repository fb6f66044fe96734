import { BlockList, isIP, type LookupFunction } from 'node:net'
import { networkInterfaces } from 'node:os'
import { closedRanges, PlatformError } from '@sandyard/protocol'
import { createResolve } from './resolve.ts'

/** IPv4 ranges that are nobody's on the internet: they stand in examples, or lead to somewhere else. */
const unusedRanges = [
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.175.48.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
]

/** Of IPv6 only this is the internet, */
const globalRange = '2000::/3'
/** and not even all of it: protocol assignments, documentation, and IPv4 in another dress. */
const specialRanges = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20', '2620:4f:8000::/48']

/** Decides where messages may go. */
export interface Destinations {
  /** Throws BAD_REQUEST unless this is a URL that messages can be sent to; addresses behind names are checked later. */
  checkUrl(url: string): URL
  /** Throws BAD_REQUEST for an address that messages may not go to. */
  checkAddress(address: string): void
  /** Resolves a name to the addresses that messages may go to, for the connection that is about to be made. */
  readonly lookup: LookupFunction
}

/**
 * Makes the check. It is made on the address that is connected to, so that a name cannot lead elsewhere afterwards.
 * `allowed` are addresses and CIDRs that are open although they are private; `use` says in messages what
 * addresses are asked for.
 */
export function createDestinations(
  allowed: readonly string[],
  resolve = createResolve(),
  use = 'webhooks may be sent to',
): Destinations {
  const open = listOf(allowed)
  const closed = listOf([...closedRanges, ...unusedRanges, ...specialRanges])
  const global = listOf([globalRange])

  function isOpen(address: string): boolean {
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (open.check(address, family)) return true
    if (family === 'ipv6' && !global.check(address, family)) return false
    return !closed.check(address, family) && !ownAddresses().has(address)
  }

  function checkAddress(address: string): void {
    if (isOpen(address)) return
    throw new PlatformError('BAD_REQUEST', `${address} is not an address that ${use}`)
  }

  return {
    checkAddress,
    checkUrl(text) {
      const url = URL.canParse(text) ? new URL(text) : null
      if (url === null || !['http:', 'https:'].includes(url.protocol)) {
        throw new PlatformError('BAD_REQUEST', 'url must begin with http:// or https://')
      }
      if (url.username !== '' || url.password !== '') {
        throw new PlatformError('BAD_REQUEST', 'url must not hold a name or password')
      }
      const host = url.hostname.replace(/^\[|\]$/g, '')
      if (isIP(host) !== 0) checkAddress(host)
      return url
    },
    lookup(name, options, done) {
      resolve(name).then(
        (addresses) => {
          const usable = addresses.filter(({ address }) => isOpen(address))
          const [first] = usable
          if (first === undefined) {
            const refused = new PlatformError('BAD_REQUEST', `${name} has no address that ${use}`)
            done(refused as NodeJS.ErrnoException, '')
          } else if (options.all === true) done(null, usable)
          else done(null, first.address, first.family)
        },
        (error: NodeJS.ErrnoException) => done(error, ''),
      )
    },
  }
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return list
}

/** This machine's own, public ones too: what listens here need not be meant for others. They can change. */
function ownAddresses(): ReadonlySet<string> {
  return new Set(
    Object.values(networkInterfaces())
      .flat()
      .map((network) => network?.address ?? ''),
  )
}
