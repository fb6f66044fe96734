import type { Engine } from '@sandyard/protocol'
import type { OidcConfig } from './auth/oidc/issuer.ts'
import type { PasswordCost } from './auth/password.ts'
import type { Log } from './log.ts'

/** What the server needs to know; made by the platform from its own configuration. */
export interface ServerConfig {
  /** the admin key, always valid */
  readonly apiKey: string
  /** base URL for links when a request's Host cannot be used, e.g. `http://localhost:3000` */
  readonly publicUrl: string
  /** host names under which previews answer, without port; the first one is used in URLs */
  readonly previewDomains: readonly string[]
  /** browsers are warned before the first page of a preview, unless the organization has chosen */
  readonly previewWarning: boolean
  /** name servers that are asked who owns a domain; none: those of the machine */
  readonly dnsServers: readonly string[]
  /** `id` is the `target` of sandboxes on the wire */
  readonly region: { readonly id: string; readonly name: string }
  /** snapshot of sandboxes that name none */
  readonly defaultSnapshot: string
  /** most that one sandbox may ask for */
  readonly capacity: Resources
  /** what a sandbox gets that asks for nothing */
  readonly defaults: Resources
  /** so many sandboxes of the default snapshot are made ahead, for whoever asks first */
  readonly readySandboxes: number
  /** so many preview environments are built at a time */
  readonly previewBuilds: number
  /** what organizations may have that have no limits of their own */
  readonly quotas: QuotaDefaults
  /** throttlers that are on */
  readonly rateLimits: Readonly<Partial<Record<Throttler, RateLimit>>>
  /** CIDRs of proxies whose word on the caller's address is taken */
  readonly trustedProxies: readonly string[]
  /** how long entries of the audit log and periods of use are kept, days */
  readonly keptDays: { readonly audit: number; readonly usage: number }
  readonly observation: ObservationOptions
  /** where users sign in besides here; absent: nowhere */
  readonly oidc?: OidcConfig
  /** what a hash of a password costs; absent: what is right for people's passwords */
  readonly passwordCost?: PasswordCost
  /** how sandboxes are reached by SSH; absent: not at all */
  readonly ssh?: SshConfig
  /** of the platform; sent with every answer */
  readonly version: string
}

/** What clients are told of SSH. */
export interface SshConfig {
  readonly port: number
  /** as lines of `known_hosts` have them, without the host: type and key */
  readonly hostKeys: readonly string[]
  /** `SHA256:` and base64, one for each key */
  readonly fingerprints: readonly string[]
}

/** Who is told what goes on. */
export interface ObservationOptions {
  /** CIDRs that webhooks may be sent to although they are private */
  readonly webhookAllow: readonly string[]
  /** opens `/metrics` beside the keys of administrators; null: there is none */
  readonly metricsToken: string | null
  /** `/metrics` is open to everybody */
  readonly areMetricsPublic: boolean
  /** time between two samples of what sandboxes use, seconds */
  readonly sampleSeconds: number
}

/** Cores and GiB. */
export interface Resources {
  readonly cpu: number
  readonly memoryGib: number
  readonly diskGib: number
}

/** Limits of an organization; null: none. */
export interface QuotaDefaults {
  /** cores of all its sandboxes that are up */
  readonly totalCpu: number | null
  readonly totalMemoryGib: number | null
  /** of all its sandboxes but archived ones */
  readonly totalDiskGib: number | null
  /** disk of one sandbox that outlives its stop; 0: there are none */
  readonly persistentDiskGib: number | null
  readonly snapshots: number | null
  readonly snapshotSizeGb: number | null
  readonly volumes: number | null
  readonly secrets: number | null
}

/** What calls are counted as (api.md 3.7). */
export type Throttler =
  | 'anonymous'
  | 'failed-auth'
  | 'authenticated'
  | 'sandbox-create'
  | 'sandbox-lifecycle'
  | 'sandbox-list'

/** So many calls in so much time. */
export interface RateLimit {
  readonly limit: number
  readonly seconds: number
}

/** Everything `createServer` takes. */
export interface ServerOptions {
  readonly engine: Engine
  /** file of the store; in memory: `:memory:`, or the bytes of a store to begin with */
  readonly storePath: string | Uint8Array
  /** folder of files that the server keeps beside its store; it may be the platform's data folder */
  readonly folder: string
  readonly log: Log
  /** epoch ms */
  readonly clock: () => number
  readonly config: ServerConfig
}
