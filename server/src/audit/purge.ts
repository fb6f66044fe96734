import type { Store } from '../store/store.ts'

const dayMs = 24 * 3600 * 1000
/** Rows that one round removes: a round stays short, however much there is. */
const mostPerRound = 5000

/** Removes what is older than it is to be kept: entries of the audit log and periods of use. */
export async function purgeTraces(
  { audit, usage }: Pick<Store, 'audit' | 'usage'>,
  keptDays: { readonly audit: number; readonly usage: number },
  nowMs: number,
): Promise<void> {
  await audit.purge(nowMs - keptDays.audit * dayMs, mostPerRound)
  await usage.purge(nowMs - keptDays.usage * dayMs, mostPerRound)
}
