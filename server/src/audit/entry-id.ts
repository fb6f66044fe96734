import { randomBytes } from 'node:crypto'

/** Makes ids of entries: UUIDs of version 7, which sort as they were made, also within a millisecond. */
export function createEntryIds(): (nowMs: number) => string {
  let lastMs = 0
  let count = 0
  return (nowMs) => {
    count = nowMs > lastMs ? 0 : count + 1
    lastMs = Math.max(lastMs, nowMs)
    if (count > 0xfff) {
      // More than one millisecond can number: the next one begins early.
      lastMs += 1
      count = 0
    }
    const time = lastMs.toString(16).padStart(12, '0')
    const random = randomBytes(8)
    random[0] = ((random[0] ?? 0) & 0x3f) | 0x80
    const tail = random.toString('hex')
    const number = count.toString(16).padStart(3, '0')
    return `${time.slice(0, 8)}-${time.slice(8)}-7${number}-${tail.slice(0, 4)}-${tail.slice(4)}`
  }
}
