import { limits } from '@sandyard/protocol'

/** Waits for an order, but no longer than a call may take; it goes on by itself then (api.md 2.4). */
export async function waitForOrder(done: Promise<void>, timeoutMs: number = limits.startWaitMs): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, timeoutMs)
  try {
    await Promise.race([done, late])
  } finally {
    clearTimeout(timer)
  }
}
