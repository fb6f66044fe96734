import { parsePreviewHost } from '@sandyard/protocol'

/** Names by which previews are reached. */
export interface PreviewHosts {
  /** domains under which `{port}-{label}` is a preview, and `{environment id}` */
  readonly domains: readonly string[]
  /** where a domain of a user leads; null: it is none */
  custom(host: string): { readonly sandboxId: string; readonly port: number } | null
}

/** What a preview host names. */
export interface NamedPreview {
  /** null: the one that an environment serves on */
  readonly port: number | null
  /** id of a sandbox or an environment, or signed token */
  readonly label: string
  /** it is a domain of a user, and says neither */
  readonly isCustom: boolean
}

/** longest Host: a DNS name and a port */
const hostLength = 260

/** The preview that a host names; null for any other host. */
export function previewOf(host: string, hosts: PreviewHosts): NamedPreview | null {
  if (host === '' || host.length > hostLength) return null
  const named = parsePreviewHost(host, hosts.domains)
  if (named !== null) return { ...named, isCustom: false }
  const custom = hosts.custom(host)
  return custom === null ? null : { port: custom.port, label: custom.sandboxId, isCustom: true }
}
