import { chmodSync, lchownSync, lstatSync, readdirSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { containerIdCount } from '../records/ids.ts'

const specialBits = 0o6000

/**
 * Gives every file below a folder, and the folder, to its owner's id plus `shift`, and returns the bytes they take on
 * disk. Set-uid and set-gid bits, which a change of owner clears, are put back; file capabilities are lost.
 */
export function shiftIds(folder: string, shift: number): number {
  const linked = new Set<number>()
  let sizeBytes = 0
  const visit = (path: string): void => {
    const stats = lstatSync(path)
    if (stats.isDirectory()) {
      for (const name of readdirSync(path)) visit(join(path, name))
    } else if (stats.nlink > 1) {
      // the other names of a file must not shift it again
      if (linked.has(stats.ino)) return
      linked.add(stats.ino)
    }
    sizeBytes += stats.blocks * 512
    shiftOne(path, stats, shift)
  }
  visit(folder)
  return sizeBytes
}

function shiftOne(path: string, stats: Stats, shift: number): void {
  if (stats.uid >= containerIdCount || stats.gid >= containerIdCount)
    throw new Error(`${path} has an owner that no sandbox has`)
  lchownSync(path, stats.uid + shift, stats.gid + shift)
  if ((stats.mode & specialBits) !== 0 && !stats.isSymbolicLink()) chmodSync(path, stats.mode & 0o7777)
}
