/** Options that say where a sandbox may connect to. */
export const networkFlags = {
  'network-block-all': { type: 'switch', doc: 'no connections at all' },
  'network-allow-list': { type: 'text', value: 'CIDR,…', doc: 'only to these addresses, such as 10.0.0.0/8' },
  'domain-allow-list': { type: 'text', value: 'NAME,…', doc: 'only to these names, such as github.com,*.example.com' },
  'network-deny-list': { type: 'text', value: 'CIDR,…', doc: 'never to these addresses' },
  'domain-deny-list': { type: 'text', value: 'NAME,…', doc: 'never to these names' },
} as const

/** Where a sandbox may connect to, as the platform is told; what was not said is left out. */
export function networkSettings(flags: {
  readonly 'network-block-all': boolean
  readonly 'network-allow-list': string | undefined
  readonly 'domain-allow-list': string | undefined
  readonly 'network-deny-list': string | undefined
  readonly 'domain-deny-list': string | undefined
}) {
  const lists = {
    networkAllowList: flags['network-allow-list'],
    domainAllowList: flags['domain-allow-list'],
    networkDenyList: flags['network-deny-list'],
    domainDenyList: flags['domain-deny-list'],
  }
  return {
    ...(flags['network-block-all'] ? { networkBlockAll: true } : {}),
    ...(Object.fromEntries(Object.entries(lists).filter(([, list]) => list !== undefined)) as Partial<
      Record<keyof typeof lists, string>
    >),
  }
}
