import { ipDomainOf } from '@sandyard/protocol'

/**
 * Finds the platform's own base URL for a visitor of a preview host: where previews are below `localhost` or below an
 * address, the platform is there too, and else at its public URL. Null: nobody knows where the visitor reaches it.
 */
export function createHomeOf(publicUrl: string | null, domains: readonly string[]) {
  return (previewHost: string, scheme: 'http' | 'https'): string | null => {
    const [name = '', port] = previewHost.toLowerCase().split(':')
    const end = port === undefined ? '' : `:${port}`
    const domain = name.slice(name.indexOf('.') + 1)
    if (domain === 'localhost') return `${scheme}://localhost${end}`
    const general = domains.find((candidate) => ipDomainOf(domain, [candidate]) !== null)
    if (general === undefined) return publicUrl
    return `${scheme}://${domain.slice(0, 1 - general.length).replaceAll('-', '.')}${end}`
  }
}
