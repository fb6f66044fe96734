import { isUuid, parsePort } from './ids.ts'

/** Wire names of previews and toolbox calls (runtime.md 2.2 and 2.4). */
export const previewNames = {
  tokenHeader: 'x-daytona-preview-token',
  tokenQuery: 'DAYTONA_SANDBOX_AUTH_KEY',
  cookiePrefix: 'daytona-sandbox-auth-',
  /** says that a visitor has seen the warning */
  acceptedCookie: 'daytona-preview-page-accepted',
  /** path, on every preview host, that a visitor who has seen it posts to */
  acceptPath: '/accept-daytona-preview-warning',
  /** path, on the platform's own host, where people sign in to see private previews; not of the original's wire */
  signInPath: '/preview-sign-in',
  /** cookie that path knows people by who have signed in; of the page and the platform's own dashboard */
  sessionCookie: 'sandyard-preview-session',
  skipWarningHeader: 'x-daytona-skip-preview-warning',
  disableCorsHeader: 'x-daytona-disable-cors',
  skipActivityHeader: 'x-daytona-skip-last-activity-update',
} as const

/** An address of a preview that a sign-in at the OIDC issuer can lead back to: the longest that fits in a cookie. */
export const returnAddress = /^[\x21-\x7e]{1,2000}$/

/** Ports that need credentials even when the sandbox is public. */
export const reservedPorts: ReadonlySet<number> = new Set([2280, 22_222, 22_220, 33_333])

/**
 * Port and label of a preview host such as `3000-<sandbox id>.localhost`; `null` for any other host. Without a port,
 * `<environment id>.localhost`, it is whatever the environment serves on. A domain that begins with `*.` stands for all IPv4
 * addresses before it, with dots or dashes: `3000-<sandbox id>.192.0.2.1.sslip.io`.
 */
export function parsePreviewHost(
  host: string,
  domains: readonly string[],
): { port: number | null; label: string } | null {
  const name = host.toLowerCase().replace(/:[0-9]+$/, '')
  const first = firstLabel(name, domains)
  // No port has eight digits, as the first part of an id may have.
  if (isUuid(first)) return { port: null, label: first }
  const dash = first.indexOf('-')
  if (dash < 1 || first.includes('.')) return null
  const port = parsePort(first.slice(0, dash))
  const label = first.slice(dash + 1)
  return port === null || label === '' ? null : { port, label }
}

/** What stands before the domain; empty for a name in none of them. */
function firstLabel(name: string, domains: readonly string[]): string {
  for (const domain of domains) {
    if (!domain.startsWith('*.')) {
      if (name.endsWith(`.${domain}`)) return name.slice(0, -(domain.length + 1))
      continue
    }
    const ip = ipDomainOf(name.slice(name.indexOf('.') + 1), [domain])
    if (ip !== null) return name.slice(0, name.indexOf('.'))
  }
  return ''
}

/** The name itself when it is an IPv4 address under a domain that stands for all of them; null for any other. */
export function ipDomainOf(name: string, domains: readonly string[]): string | null {
  for (const domain of domains) {
    if (!domain.startsWith('*.') || !name.endsWith(domain.slice(1))) continue
    const octets = name.slice(0, 1 - domain.length).split(/[.-]/)
    const isAddress =
      octets.length === 4 && octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) < 256)
    if (isAddress) return name
  }
  return null
}

/** Host of a preview. */
export function previewHost(port: number, label: string, domain: string): string {
  return `${port}-${label}.${domain}`
}
