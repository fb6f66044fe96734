/** Settings of a client that the environment gives; in a browser there are none. */
export interface EnvironmentSettings {
  readonly apiKey?: string
  readonly jwtToken?: string
  readonly organizationId?: string
  readonly apiUrl?: string
  readonly target?: string
}

/** Reads `SANDYARD_…`, and `DAYTONA_…` (api.md 7.1) where the first is not set; empty counts as not set. */
export function readEnvironment(): EnvironmentSettings {
  const environment = typeof process === 'object' ? process.env : undefined
  const read = (name: string): string | undefined =>
    environment?.[`SANDYARD_${name}`] || environment?.[`DAYTONA_${name}`] || undefined
  const found = {
    apiKey: read('API_KEY'),
    jwtToken: read('JWT_TOKEN'),
    organizationId: read('ORGANIZATION_ID'),
    apiUrl: read('API_URL'),
    target: read('TARGET'),
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
}
