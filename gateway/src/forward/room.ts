/** What is used of something that is limited; times are of `performance.now()`. */
export interface Held {
  /** who uses it */
  network: string
  /** since when */
  sinceMs: number
  /** since when its client takes nothing of what is there for it; null: it does */
  stalledSinceMs: number | null
}

/**
 * A client that has taken nothing for so long makes room for any other, ms. Systems tell that a client has read only when it
 * has read much, so this is well above what a slow one takes for that.
 */
const stallMs = 30_000
/** For a client that takes its answer somebody else waits at least so long, ms. */
const patienceMs = 2_000

/**
 * Who makes room when all is in use and others wait; null: nobody has to. Those go first whose clients take nothing, and among
 * them those of the network that has most: somebody could ask for something large again and again and never read it. A client
 * that does read, however slowly, is cut only when its network has more than half of all and another network waits: then what
 * that has used for longest.
 * @param inUse all that is in use
 * @param waiting networks of those that wait, each with the time since when
 */
export function chooseToCut<T extends Held>(
  inUse: readonly T[],
  waiting: ReadonlyMap<string, number>,
  nowMs: number,
): T | null {
  const counts = new Map<string, number>()
  for (const { network } of inUse) counts.set(network, (counts.get(network) ?? 0) + 1)
  const countOf = ({ network }: Held): number => counts.get(network) ?? 0

  const stalled = inUse.filter(({ stalledSinceMs }) => stalledSinceMs !== null && nowMs - stalledSinceMs >= stallMs)
  const first = stalled.reduce<T | null>((found, one) => {
    if (found === null || countOf(one) > countOf(found)) return one
    const isLonger = (one.stalledSinceMs ?? 0) < (found.stalledSinceMs ?? 0)
    return countOf(one) === countOf(found) && isLonger ? one : found
  }, null)
  if (first !== null) return first

  const [greedy] = [...counts].find(([, count]) => count > inUse.length / 2) ?? []
  const isWaitedFor = [...waiting].some(([network, since]) => network !== greedy && nowMs - since >= patienceMs)
  if (greedy === undefined || !isWaitedFor) return null
  return inUse
    .filter(({ network }) => network === greedy)
    .reduce((oldest, one) => (one.sinceMs < oldest.sinceMs ? one : oldest))
}
