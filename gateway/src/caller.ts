import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import { createProxies } from '@sandyard/protocol'
import { type PreviewHosts, previewOf } from './hosts.ts'

/** How a client sees the place that it calls, and where it calls from. */
export interface Caller {
  readonly scheme: 'http' | 'https'
  /** with its port, as the client wrote it */
  readonly host: string
  /** an IP address; null when the connection is gone already */
  readonly address: string | null
}

/** Reads a request's caller. */
export type ReadCaller = (request: IncomingMessage) => Caller

/** longest Host: a DNS name and a port */
const hostLength = 260

/**
 * Makes the reader. What proxies say counts only from trusted ones. They are to pass Host on; one that does not may say
 * it in `X-Forwarded-Host`, which decides only where Host names no preview.
 */
export function createReadCaller(trustedProxies: readonly string[], hosts: () => PreviewHosts): ReadCaller {
  const proxies = createProxies(trustedProxies)
  /** what was read last: a request is read more than once before the next one comes */
  let last: { readonly request: IncomingMessage; readonly caller: Caller } | null = null

  function read({ headers, socket }: IncomingMessage): Caller {
    const host = headers.host ?? ''
    const isTls = socket instanceof TLSSocket
    if (!proxies.isTrusted(socket.remoteAddress)) {
      const address = proxies.callerOf(socket.remoteAddress, undefined)
      return { scheme: isTls ? 'https' : 'http', host, address }
    }
    const said = lastOf(headers['x-forwarded-proto'])
    const isSecure = said === undefined ? isTls : said === 'https' || said === 'wss'
    const forwarded = lastOf(headers['x-forwarded-host'])
    const isByProxy = forwarded !== undefined && forwarded.length <= hostLength && previewOf(host, hosts()) === null
    return {
      scheme: isSecure ? 'https' : 'http',
      host: isByProxy && previewOf(forwarded, hosts()) !== null ? forwarded : host,
      address: proxies.callerOf(socket.remoteAddress, textOf(headers['x-forwarded-for'])),
    }
  }

  return (request) => {
    if (last?.request !== request) last = { request, caller: read(request) }
    return last.caller
  }
}

/** The word of the nearest proxy. */
function lastOf(header: string | string[] | undefined): string | undefined {
  const last = textOf(header)?.split(',').pop()?.trim().toLowerCase()
  return last === '' ? undefined : last
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(',') : header
}
