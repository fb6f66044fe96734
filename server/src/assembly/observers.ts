import type { Engine } from '@sandyard/protocol'
import type { SignIn } from '../auth/sign-in.ts'
import { createEvents, type Events } from '../events/socket.ts'
import type { Log } from '../log.ts'
import type { ServerConfig } from '../options.ts'
import type { Site } from '../previews/site.ts'
import type { Cipher } from '../secrets/cipher.ts'
import type { Store } from '../store/store.ts'
import { createTelemetry, type Telemetry } from '../telemetry/telemetry.ts'
import { createWebhooks, type Webhooks } from '../webhooks/webhooks.ts'
import type { Feeds } from './changes.ts'

/** What tells others what happens, and keeps what sandboxes have used. */
export interface Observers {
  readonly events: Events
  readonly webhooks: Webhooks
  readonly telemetry: Telemetry
  close(): Promise<void>
}

/** What they need. */
interface Parts {
  readonly engine: Engine
  readonly store: Store
  readonly feeds: Feeds
  readonly signIn: Pick<SignIn, 'authenticate' | 'accessFeed'>
  readonly cipher: Cipher
  readonly home: Site
  /** where samples and journals are kept */
  readonly folder: string
  readonly config: Pick<ServerConfig, 'observation' | 'version'>
  readonly clock: () => number
  readonly log: Log
}

/** Makes them and lets them hear of every change. */
export function createObservers(parts: Parts): Observers {
  const { engine, store, feeds, signIn, cipher, home, folder, config, clock, log } = parts
  const { feed, snapshotFeed, volumeFeed } = feeds
  const { webhookAllow, sampleSeconds } = config.observation

  const events = createEvents({ ...signIn, ...feeds, home, clock })
  const webhooks = createWebhooks({ ...store, cipher, allowed: webhookAllow, version: config.version, clock, log })
  const { courier } = webhooks
  feed.subscribe(({ after }) => courier.wake(after.organizationId))
  snapshotFeed.subscribe(({ before, after }) => courier.wake((after ?? before)?.organizationId ?? ''))
  volumeFeed.subscribe(({ after }) => courier.wake(after.organizationId))
  const telemetry = createTelemetry({ engine, sandboxes: store.sandboxes, feed, folder, sampleSeconds, clock, log })

  return {
    events,
    webhooks,
    telemetry,
    async close() {
      await events.close()
      await courier.close()
      await telemetry.close()
    },
  }
}
