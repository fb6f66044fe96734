import type { Engine } from '@sandyard/protocol'
import type { Log } from './log.ts'

/** What the server needs to know; made by the platform from its own configuration. */
export interface ServerConfig {
  /** the admin key, always valid */
  readonly apiKey: string
  /** base URL for links when a request's Host cannot be used, e.g. `http://localhost:3000` */
  readonly publicUrl: string
  /** host names under which previews answer, without port; the first one is used in URLs */
  readonly previewDomains: readonly string[]
  /** `id` is the `target` of sandboxes on the wire */
  readonly region: { readonly id: string; readonly name: string }
  /** snapshot of sandboxes that name none */
  readonly defaultSnapshot: string
  /** most that one sandbox may ask for */
  readonly capacity: Resources
  /** what a sandbox gets that asks for nothing */
  readonly defaults: Resources
  /** of the platform; sent with every answer */
  readonly version: string
}

/** Cores and GiB. */
export interface Resources {
  readonly cpu: number
  readonly memoryGib: number
  readonly diskGib: number
}

/** Everything `createServer` takes. */
export interface ServerOptions {
  readonly engine: Engine
  /** file of the store, or `:memory:` */
  readonly storePath: string
  readonly log: Log
  /** epoch ms */
  readonly clock: () => number
  readonly config: ServerConfig
}
