import { isIPv4 } from 'node:net'
import { domainToASCII } from 'node:url'

/** A name of labels; not all digits at its end, as an address is. */
const labels = /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * The name of a host in the form that resolvers are asked in: lower case, ASCII, no dot at its end, and before it the `*.`
 * for all names below, if any. `null` for anything else, addresses among it.
 */
export function parseHostName(text: string): string | null {
  const [, star = '', name = ''] = /^(\*\.)?(.*?)\.?$/.exec(text) ?? []
  const ascii = /[\x21-\x2c/:-@[-^`{-~\s]/.test(name) ? '' : domainToASCII(name)
  return labels.test(ascii) && !isIPv4(ascii) ? star + ascii : null
}
