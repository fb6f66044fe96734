import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/** Names that always lead to the machine itself. */
const ownNames: readonly string[] = ['localhost']

/**
 * What is wrong with where a request says that it goes and comes from; null when it may pass. A page of a stranger that
 * has made its own name lead to this machine still sends that name. Addresses cannot be made to lead elsewhere.
 *
 * @param hosts names under which the platform is known, without port
 */
export function refuseHost(request: Pick<IncomingMessage, 'headers'>, hosts: readonly string[]): string | null {
  const { host, origin } = request.headers
  const name = hostName(`http://${host ?? ''}`)
  const known = [...ownNames, ...hosts]
  const isKnown = (one: string | null): boolean => one !== null && (known.includes(one) || isAddress(one))
  if (!isKnown(name)) return 'This host is not one of the platform; --public-url says which is'
  if (origin === undefined) return null
  const from = hostName(origin)
  // a page that came by an address is one of this platform only when it goes back there
  const isOwn = from !== null && (known.includes(from) || from === name)
  return isOwn ? null : 'Pages of other origins may not call this'
}

function hostName(url: string): string | null {
  if (!/^https?:\/\/[^/?#@\\]+$/i.test(url) || !URL.canParse(url)) return null
  return new URL(url).hostname
}

function isAddress(name: string): boolean {
  return isIP(name.replace(/^\[|\]$/g, '')) !== 0
}
