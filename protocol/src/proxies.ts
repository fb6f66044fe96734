import { BlockList, isIP } from 'node:net'

/** Longest `X-Forwarded-For` that is looked at, characters. */
const longestHeader = 2000

/** The proxies before this platform whose word is taken. */
export interface Proxies {
  /** True for the address of one, as a socket tells it. */
  isTrusted(address: string | undefined): boolean
  /**
   * Where a request comes from. A trusted proxy adds the address it was called from at the end of the header, so that
   * the last one there that is no trusted proxy is the caller; what stands before it anybody could have written.
   * @param address of the socket
   * @param forwardedFor the header
   */
  callerOf(address: string | undefined, forwardedFor: string | undefined): string | null
}

/** Makes it from CIDRs or plain addresses. */
export function createProxies(networks: readonly string[]): Proxies {
  const trusted = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    trusted.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family)
  }
  const isKnown = (address: string) => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

  return {
    isTrusted(address) {
      if (networks.length === 0) return false
      const known = plainAddress(address ?? '')
      return known !== null && isKnown(known)
    },
    callerOf(socketAddress, forwardedFor) {
      let address = plainAddress(socketAddress ?? '')
      if (address === null || networks.length === 0) return address
      const hops = forwardedFor?.slice(-longestHeader).split(',') ?? []
      while (isKnown(address)) {
        const hop = plainAddress(hops.pop() ?? '')
        if (hop === null) break
        address = hop
      }
      return address
    },
  }
}

/**
 * What is counted as one caller: an IPv4 address, or of IPv6 the network of 64 bits that a household or a server is given.
 * What is no address stays as it is.
 */
export function networkOf(address: string): string {
  const plain = plainAddress(address) ?? address
  if (isIP(plain) !== 6) return plain
  const [head = '', tail] = plain.split('::')
  const groups = head === '' ? [] : head.split(':')
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
  return [...groups, ...Array<string>(missing).fill('0'), ...(tail ?? '').split(':')]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}

/** An IP address in one form; `null` for anything else. Proxies also write ports and brackets. */
function plainAddress(text: string): string | null {
  // as the address of a socket mostly is
  if (isIP(text) === 4) return text
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text.trim())?.[1] ?? text.trim().replace(/^([\d.]+):\d+$/, '$1')
  const address = bare
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=\d+\.)/i, '')
    .toLowerCase()
  return isIP(address) === 0 ? null : address
}
