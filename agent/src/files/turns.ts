/** What is under way, by its key: the last of those who wait. */
const last = new Map<string, Promise<unknown>>()

/** Does works of one key one after the other, in the order in which they were asked for. */
export async function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
  const before = last.get(key)
  const own = before === undefined ? work() : before.then(work, work)
  last.set(key, own)
  try {
    return await own
  } finally {
    if (last.get(key) === own) last.delete(key)
  }
}
