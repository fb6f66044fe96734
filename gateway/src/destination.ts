import type { IncomingMessage } from 'node:http'
import { limits, PlatformError, parsePort } from '@sandyard/protocol'
import { type NamedPreview, type PreviewHosts, previewOf } from './hosts.ts'

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

/**
 * A port inside, named by Host: `{port}-{sandbox id or signed token}.{domain}`, `{environment id}.{domain}` or a domain of a
 * user; or by path, for programs without DNS: `/preview/{sandbox id or name}/{port}/{path}`. An environment's id can stand
 * wherever a sandbox's can.
 */
export interface PreviewDestination {
  readonly kind: 'preview'
  readonly label: string
  /** null: the one that the environment serves on */
  readonly port: number | null
  /** Host as the client sent it, with its port */
  readonly host: string
  /** what stands before the program's path, as the client wrote it; empty: Host names the preview */
  readonly prefix: string
  /** path with the query, as the client wrote it */
  readonly url: string
  /** Host is a domain of a user */
  readonly isCustom: boolean
}

const toolboxPath = '/toolbox/'
const previewPath = '/preview/'
/** What a request is read with: the Host that the client has called, and what it names. */
export interface Names {
  readonly host: string
  /** null: Host names no preview */
  readonly preview: NamedPreview | null
}

/** True when the request is for the gateway. A preview Host decides before the path: apps may have a /toolbox/. */
export function isForGateway(request: IncomingMessage, names: Names): boolean {
  const url = request.url ?? ''
  return url.startsWith(toolboxPath) || url.startsWith(previewPath) || isPreviewHost(names)
}

/** True when Host names a preview. */
export function isPreviewHost(names: Names): boolean {
  return names.preview !== null
}

/**
 * True when a host names a port of the same sandbox in the same domain as a preview. The domain counts: of names that hold
 * an address, anybody can have one with his own address and a sandbox's id before it. A domain of a user is the same as
 * none but itself: its owner can let it lead elsewhere.
 */
export function isSameSandbox(host: string, destination: PreviewDestination, hosts: PreviewHosts): boolean {
  const other = previewOf(host, hosts)
  if (other === null || other.label !== destination.label) return false
  if (other.isCustom || destination.isCustom) return host.toLowerCase() === destination.host.toLowerCase()
  return domainOf(host) === domainOf(destination.host)
}

/** What stands behind the first label. */
function domainOf(host: string): string {
  const name = host.toLowerCase().replace(/:[0-9]+$/, '')
  return name.slice(name.indexOf('.') + 1)
}

/** The destination of a request that is for the gateway; throws 4xx for one that leads nowhere. */
export function readDestination(request: IncomingMessage, names: Names): Destination {
  const url = request.url ?? ''
  if (url.length > limits.urlLength) {
    throw new PlatformError('URI_TOO_LONG', `The path is longer than ${limits.urlLength} characters`)
  }
  if (!url.startsWith('/')) throw new PlatformError('BAD_REQUEST', 'The request target must be a path')
  if (hostCount(request) > 1) throw new PlatformError('BAD_REQUEST', 'The request has more than one Host header')

  const { preview } = names
  if (preview === null) return url.startsWith(previewPath) ? previewByPath(url, names.host) : toolboxOf(url)
  if (!/^[a-z0-9_-]{1,63}$/.test(preview.label)) throw new PlatformError('NOT_FOUND', 'There is no such preview')
  const { label, port, isCustom } = preview
  return { kind: 'preview', label, port, host: names.host, prefix: '', url, isCustom }
}

/**
 * The sandbox is the first segment of the raw path and nothing that follows can change it: `..` behind it goes
 * into the sandbox as it is.
 */
function toolboxOf(url: string): ToolboxDestination {
  const [segment, rest] = cutSegment(url.slice(toolboxPath.length))
  const label = labelOf(segment)
  if (label === null) {
    throw new PlatformError('NOT_FOUND', 'The path names no sandbox: /toolbox/{sandbox id or name}/{path}')
  }
  return { kind: 'toolbox', label, prefix: toolboxPath + segment, url: asPath(rest) }
}

/** The same, with a port behind the sandbox. */
function previewByPath(url: string, host: string): PreviewDestination {
  const [segment, rest] = cutSegment(url.slice(previewPath.length))
  const [digits, path] = cutSegment(rest.startsWith('/') ? rest.slice(1) : '')
  const label = labelOf(segment)
  const port = parsePort(digits)
  if (label === null || port === null) {
    throw new PlatformError('NOT_FOUND', 'The path names no preview: /preview/{sandbox id or name}/{port}/{path}')
  }
  const prefix = `${previewPath}${segment}/${digits}`
  return { kind: 'preview', label, port, host, prefix, url: asPath(path), isCustom: false }
}

/** Cuts before the first slash or question mark. */
function cutSegment(text: string): [string, string] {
  const end = text.search(/[/?]/)
  return end === -1 ? [text, ''] : [text.slice(0, end), text.slice(end)]
}

function asPath(rest: string): string {
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** Id or name of a sandbox; null for what can be neither. */
function labelOf(segment: string): string | null {
  const label = decode(segment)
  return /^[^\p{Cc}/\\]{1,253}$/u.test(label) && label !== '.' && label !== '..' ? label : null
}

function hostCount({ rawHeaders }: IncomingMessage): number {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1
  }
  return count
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new PlatformError('BAD_REQUEST', 'The sandbox in the path is not well encoded')
  }
}
