import { ipDomainOf, isUuid } from '@sandyard/protocol'
import type { Caller } from '../caller.ts'
import { type PreviewHosts, previewOf } from '../hosts.ts'

/** A preview that somebody wants to see. */
export interface Target {
  /** id of a sandbox, or of an environment */
  readonly label: string
  /** with its port */
  readonly host: string
  readonly origin: string
  /** path with the query */
  readonly path: string
}

/**
 * Reads where a person wants to be sent back to; null for any other place. A code that goes there opens a sandbox, so it
 * goes to hosts of this platform only: same scheme and port as its own, a configured domain or an active one of a user,
 * and of names that hold an address only that by which the person has come.
 */
export function readTarget(wanted: string | null, caller: Caller, hosts: PreviewHosts): Target | null {
  if (wanted === null || wanted.length > 8192 || !URL.canParse(wanted)) return null
  const { protocol, hostname, port, host, pathname, search, username, password } = new URL(wanted)
  if (protocol !== `${caller.scheme}:` || username !== '' || password !== '') return null
  const own = URL.canParse(`${caller.scheme}://${caller.host}`) ? new URL(`${caller.scheme}://${caller.host}`) : null
  if (own === null || port !== own.port) return null
  const domain = hostname.slice(hostname.indexOf('.') + 1)
  const ways = [own.hostname, own.hostname.replaceAll('.', '-')]
  const isOwnAddress = ipDomainOf(domain, hosts.domains) !== null && ways.some((way) => domain.startsWith(`${way}.`))
  const preview = previewOf(hostname, hosts)
  if (preview === null || !isUuid(preview.label)) return null
  if (!preview.isCustom && !isOwnAddress && !hosts.domains.includes(domain)) return null
  return { label: preview.label, host, origin: `${protocol}//${host}`, path: pathname + search }
}
