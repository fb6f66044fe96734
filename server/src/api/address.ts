import { isIP } from 'node:net'
import { createProxies } from '@sandyard/protocol'

/** What the listener of `node:http` knows of a request. */
export interface Connection {
  readonly incoming?: { readonly socket: { readonly remoteAddress?: string | undefined } }
}

/** Finds the address of a caller; `unknown` when the connection is gone already. */
export type AddressOf = (request: Pick<Request, 'headers'>, connection: Connection | undefined) => string

/** Makes the finder; proxies of these CIDRs are believed. */
export function createAddressOf(trustedProxies: readonly string[]): AddressOf {
  const { callerOf } = createProxies(trustedProxies)
  return (request, connection) => {
    const address = connection?.incoming?.socket.remoteAddress
    return callerOf(address, request.headers.get('x-forwarded-for') ?? undefined) ?? 'unknown'
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
