import type { BigIntStats, Stats } from 'node:fs'

/** Clocks of file systems tick in steps: a file that changed again within this time can look the same, ms. */
const tickMs = 100

/** What a file is now, to be compared with later; null when it changed so lately that nothing can be told from it. */
export function stampOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats | BigIntStats): string | null {
  if (Math.abs(Date.now() - Number(ctimeMs)) < tickMs) return null
  return `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs}`
}
