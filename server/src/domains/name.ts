import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { PlatformError } from '@sandyard/protocol'

/** Before the name whose owner is to be proven. */
export const proofLabel = '_sandyard'

/** Longest name, characters: the name of the proof must fit into DNS too. */
const longest = 253 - proofLabel.length - 1

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
/** Ends of names that belong to nobody, or mean another thing on every machine (RFC 6761, 6762, 7686). */
const common = ['localhost', 'local', 'arpa', 'onion', 'invalid', 'example']

/**
 * Reads a domain that somebody wants to attach, as it stands in DNS. Throws BAD_REQUEST for what is none, and FORBIDDEN
 * for names of the platform's own.
 * @param own preview domains, `*.` for names of addresses, and hosts of the platform
 */
export function readDomain(text: string, own: readonly string[]): string {
  const wrong = (why: string) => new PlatformError('BAD_REQUEST', `domain ${why}`)
  if (text.length > longest) throw wrong(`must have at most ${longest} characters`)
  const name = inAscii(text.trim().replace(/\.$/, '').toLowerCase())
  const labels = name.split('.')
  const last = labels.at(-1) ?? ''
  if (name.length > longest || isIP(name) !== 0 || labels.length < 2 || !labels.every((part) => label.test(part))) {
    throw wrong('must be a name such as app.your-company.com, without scheme, port and path')
  }
  if (common.includes(last) || /^\d/.test(last)) throw wrong(`cannot end in ${last}: nobody can prove to own it`)
  const taken = own.map((known) => known.replace(/^\*\./, '')).find((known) => isWithin(name, known))
  if (taken !== undefined) throw new PlatformError('FORBIDDEN', `Names under ${taken} are the platform's own`)
  return name
}

/** As it stands in DNS; empty for what is no name: other readers would take a part of it for one. */
function inAscii(name: string): string {
  if (/^[a-z0-9.-]*$/.test(name)) return name
  return /^[\p{L}\p{M}\p{N}.-]+$/u.test(name) ? domainToASCII(name) : ''
}

function isWithin(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`)
}
