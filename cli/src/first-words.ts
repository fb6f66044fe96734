/** Other words for groups, as the published command line and people have them. */
const groups: Readonly<Record<string, string>> = {
  org: 'organization',
  orgs: 'organization',
  organizations: 'organization',
  snapshots: 'snapshot',
  volumes: 'volume',
  secrets: 'secret',
  keys: 'key',
  domains: 'domain',
  registries: 'registry',
  'warm-pools': 'warm-pool',
  webhooks: 'webhook',
  profiles: 'profile',
  previews: 'preview',
  regions: 'region',
}

/**
 * The line with its first word as the table of commands has it: `sandbox list` is `list`, `org list` is
 * `organization list`, `help list` is `list --help`, and `--version` is `version`.
 */
export function usualWords(line: readonly string[]): readonly string[] {
  const [first = '', ...rest] = line
  if (first === 'sandbox' || first === 'sandboxes') return rest
  if (first === 'help') return [...usualWords(rest), '--help']
  if (first === '--version') return ['version', ...rest]
  return [groups[first] ?? first, ...rest].filter((_, index) => line.length > 0 || index > 0)
}
