import { BlockList, isIP } from 'node:net'

/** Longest `X-Forwarded-For` that is looked at, characters. */
const longestHeader = 2000

/** What the listener of `node:http` knows of a request. */
export interface Connection {
  readonly incoming?: { readonly socket: { readonly remoteAddress?: string | undefined } }
}

/** Finds the address of a caller; `unknown` when the connection is gone already. */
export type AddressOf = (request: Pick<Request, 'headers'>, connection: Connection | undefined) => string

/**
 * Makes the finder. A trusted proxy adds the address it was called from at the end of the header, so that the last one
 * there that is no trusted proxy is the caller; what stands before it anybody could have written.
 */
export function createAddressOf(trustedProxies: readonly string[]): AddressOf {
  const trusted = new BlockList()
  for (const network of trustedProxies) {
    const [address = '', bits] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    trusted.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family)
  }
  const isTrusted = (address: string) => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

  return (request, connection) => {
    let address = plain(connection?.incoming?.socket.remoteAddress ?? '')
    if (address === null) return 'unknown'
    const hops = request.headers.get('x-forwarded-for')?.slice(-longestHeader).split(',') ?? []
    while (isTrusted(address)) {
      const hop = plain(hops.pop() ?? '')
      if (hop === null) break
      address = hop
    }
    return address
  }
}

/** What is counted as one caller: an address, or of IPv6 the network that a household or a server is given. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address
  const [head = '', tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
  return [...groups, ...Array<string>(missing).fill('0'), ...(tail ?? '').split(':')]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}

/** An IP address in one form; `null` for anything else. Proxies also write ports and brackets. */
function plain(text: string): string | null {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text.trim())?.[1] ?? text.trim().replace(/^([\d.]+):\d+$/, '$1')
  const address = bare
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=\d+\.)/i, '')
    .toLowerCase()
  return isIP(address) === 0 ? null : address
}
