import { parsePort } from './ids.ts'

/** Wire names of previews and toolbox calls (runtime.md 2.2 and 2.4). */
export const previewNames = {
  tokenHeader: 'x-daytona-preview-token',
  tokenQuery: 'DAYTONA_SANDBOX_AUTH_KEY',
  cookiePrefix: 'daytona-sandbox-auth-',
  skipWarningHeader: 'x-daytona-skip-preview-warning',
  disableCorsHeader: 'x-daytona-disable-cors',
  skipActivityHeader: 'x-daytona-skip-last-activity-update',
} as const

/** Ports that need credentials even when the sandbox is public. */
export const reservedPorts: ReadonlySet<number> = new Set([2280, 22_222, 22_220, 33_333])

/** Port and label of a preview host such as `3000-<sandbox id>.localhost`; `null` for any other host. */
export function parsePreviewHost(host: string, domains: readonly string[]): { port: number; label: string } | null {
  const name = host.toLowerCase().replace(/:[0-9]+$/, '')
  const domain = domains.find((candidate) => name.endsWith(`.${candidate}`))
  if (domain === undefined) return null
  const first = name.slice(0, -(domain.length + 1))
  const dash = first.indexOf('-')
  if (dash < 1 || first.includes('.')) return null
  const port = parsePort(first.slice(0, dash))
  const label = first.slice(dash + 1)
  return port === null || label === '' ? null : { port, label }
}

/** Host of a preview. */
export function previewHost(port: number, label: string, domain: string): string {
  return `${port}-${label}.${domain}`
}
