import type { WebhookAttempt, WebhookDeliveryStore } from '../store/webhook-deliveries.ts'

/** Attempts that wait to be written together, ms. */
const gatherMs = 5
const mostAtOnce = 50

/** Writes what came of attempts, many in one commit. */
export interface Ledger {
  /** Resolves when it is on disk. */
  write(attempt: WebhookAttempt): Promise<void>
  /** Writes what waits. */
  flush(): Promise<void>
}

/** Makes the writer. */
export function createLedger(deliveries: Pick<WebhookDeliveryStore, 'record'>): Ledger {
  let batch: { attempts: WebhookAttempt[]; written: PromiseWithResolvers<void> } | undefined

  async function flush(): Promise<void> {
    const full = batch
    if (full === undefined) return
    batch = undefined
    await deliveries.record(full.attempts).then(full.written.resolve, full.written.reject)
  }

  return {
    flush,
    async write(attempt) {
      if (batch === undefined) {
        batch = { attempts: [], written: Promise.withResolvers() }
        setTimeout(() => void flush(), gatherMs)
      }
      const { attempts, written } = batch
      attempts.push(attempt)
      if (attempts.length >= mostAtOnce) void flush()
      await written.promise
    },
  }
}
