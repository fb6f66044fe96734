import type { WebhookAttempt, WebhookDeliveryStore } from '../store/webhook-deliveries.ts'

/** Attempts that are written together: those of so long, ms, and at most so many. Each commit waits for the disk. */
const gatherMs = 50
const mostAtOnce = 200

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
  let timer: NodeJS.Timeout | undefined

  async function flush(): Promise<void> {
    const full = batch
    if (full === undefined) return
    batch = undefined
    clearTimeout(timer)
    await deliveries.record(full.attempts).then(full.written.resolve, full.written.reject)
  }

  return {
    flush,
    async write(attempt) {
      if (batch === undefined) {
        batch = { attempts: [], written: Promise.withResolvers() }
        timer = setTimeout(() => void flush(), gatherMs)
      }
      const { attempts, written } = batch
      attempts.push(attempt)
      if (attempts.length >= mostAtOnce) void flush()
      await written.promise
    },
  }
}
