import type { IncomingMessage } from 'node:http'
import { limits, PlatformError, parsePreviewHost } from '@sandyard/protocol'

/** Where a request wants to go, read from its URL and Host alone. */
export type Destination = ToolboxDestination | PreviewDestination

/** A call of the agent's API: `/toolbox/{sandbox id or name}/{path}`. */
export interface ToolboxDestination {
  readonly kind: 'toolbox'
  /** sandbox id or name, decoded */
  readonly label: string
  /** what stands before the agent's path, as the client wrote it */
  readonly prefix: string
  /** agent's path with the query, as the client wrote it */
  readonly url: string
}

/** A port inside, named by Host: `{port}-{sandbox id or signed token}.{domain}`. */
export interface PreviewDestination {
  readonly kind: 'preview'
  readonly label: string
  readonly port: number
  /** Host as the client sent it, with its port */
  readonly host: string
  /** path with the query, as the client wrote it */
  readonly url: string
}

const toolboxPath = '/toolbox/'
/** longest Host: a DNS name and a port */
const hostLength = 260

/** True when the request is for the gateway. A preview Host decides before the path: apps may have a /toolbox/. */
export function isForGateway(request: IncomingMessage, domains: readonly string[]): boolean {
  return isPreview(request, domains) || request.url?.startsWith(toolboxPath) === true
}

/** True when Host names a preview. */
export function isPreview(request: IncomingMessage, domains: readonly string[]): boolean {
  return previewOf(request, domains) !== null
}

/** The destination of a request that is for the gateway; throws 4xx for one that leads nowhere. */
export function readDestination(request: IncomingMessage, domains: readonly string[]): Destination {
  const url = request.url ?? ''
  if (url.length > limits.urlLength) {
    throw new PlatformError('URI_TOO_LONG', `The path is longer than ${limits.urlLength} characters`)
  }
  if (!url.startsWith('/')) throw new PlatformError('BAD_REQUEST', 'The request target must be a path')
  if (hostCount(request) > 1) throw new PlatformError('BAD_REQUEST', 'The request has more than one Host header')

  const preview = previewOf(request, domains)
  if (preview === null) return toolboxOf(url)
  if (!/^[a-z0-9_-]{1,63}$/.test(preview.label)) throw new PlatformError('NOT_FOUND', 'There is no such preview')
  return { kind: 'preview', ...preview, host: request.headers.host ?? '', url }
}

/**
 * The sandbox is the first segment of the raw path and nothing that follows can change it: `..` behind it goes
 * into the sandbox as it is.
 */
function toolboxOf(url: string): ToolboxDestination {
  const end = url.slice(toolboxPath.length).search(/[/?]/)
  const segment = end === -1 ? url.slice(toolboxPath.length) : url.slice(toolboxPath.length, toolboxPath.length + end)
  const rest = url.slice(toolboxPath.length + segment.length)
  const label = decode(segment)
  if (!/^[^\p{Cc}/\\]{1,253}$/u.test(label) || label === '.' || label === '..') {
    throw new PlatformError('NOT_FOUND', 'The path names no sandbox: /toolbox/{sandbox id or name}/{path}')
  }
  return { kind: 'toolbox', label, prefix: toolboxPath + segment, url: rest.startsWith('/') ? rest : `/${rest}` }
}

function previewOf(request: IncomingMessage, domains: readonly string[]): { port: number; label: string } | null {
  const host = request.headers.host
  return host === undefined || host.length > hostLength ? null : parsePreviewHost(host, domains)
}

function hostCount(request: IncomingMessage): number {
  return request.rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'host').length
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new PlatformError('BAD_REQUEST', 'The sandbox in the path is not well encoded')
  }
}
