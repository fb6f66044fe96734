import { ipDomainOf } from '@sandyard/protocol'

/** The base under which a client has reached us: links are made with it, so that they are reachable for it. */
export interface Site {
  readonly scheme: 'http' | 'https'
  /** without port */
  readonly host: string
  /** with colon, or empty for the scheme's own */
  readonly port: string
}

const plainHost = /^([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$/

/** The site of a URL such as the configured public one. */
export function parseSite(url: string): Site {
  const { protocol, hostname, port } = new URL(url)
  return { scheme: protocol === 'https:' ? 'https' : 'http', host: hostname, port: port === '' ? '' : `:${port}` }
}

/**
 * The site of a request: its Host header when that is plain, else the public one. The scheme is the public one's for
 * its own host, and what a proxy in front says for others; a lie changes only the liar's answer.
 */
export function siteOf(headers: { host?: string | undefined; forwardedProto?: string | undefined }, home: Site): Site {
  const match = plainHost.exec(headers.host?.toLowerCase() ?? '')
  if (match === null) return home
  const [, host = '', port = ''] = match
  if (host === home.host && port === home.port) return home
  return { scheme: headers.forwardedProto === 'https' ? 'https' : 'http', host, port }
}

/** Base of toolbox calls; a client appends `/{sandboxId}` (api.md 7.4). */
export function toolboxUrl(site: Site): string {
  return `${siteUrl(site)}/toolbox`
}

/** Base of the API's calls. */
export function apiUrl(site: Site): string {
  return `${siteUrl(site)}/api`
}

/** URL of the site itself. */
export function siteUrl({ scheme, host, port }: Site): string {
  return `${scheme}://${host}${port}`
}

/**
 * URL of a preview; `label` is the sandbox's id or a signed token (api.md 2.7), or the id of an environment, which knows
 * its port itself: null. Who came by an address of the machine
 * itself is sent to `localhost`, others to the preview domain they came by, or the first one. Where no domain was set up
 * and somebody came by an IPv4 address, a domain `*.` that has a name for each of them serves.
 */
export function previewUrl(
  site: Site,
  domains: readonly string[],
  label: string,
  port: number | string | null,
): string {
  const first = port === null ? label : `${port}-${label}`
  return `${site.scheme}://${first}.${previewDomain(site, domains)}${site.port}`
}

function previewDomain({ host }: Site, domains: readonly string[]): string {
  if (domains.includes(host) || ipDomainOf(host, domains) !== null) return host
  if (isLoopback(host)) return 'localhost'
  const [first = 'localhost'] = domains
  const general = domains.find((domain) => domain.startsWith('*.'))
  const isAddress = /^\d{1,3}(\.\d{1,3}){3}$/.test(host)
  return first === 'localhost' && isAddress && general !== undefined ? host + general.slice(1) : first
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.[0-9]{1,3}){3}$/.test(host)
}
