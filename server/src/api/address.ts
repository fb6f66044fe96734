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
