import { readFile } from 'node:fs/promises'
import { GitError } from './run-git.ts'

/** Names of objects, one after the other, in their order. */
export interface PackNames {
  readonly bytes: Buffer
  /** of one name */
  readonly width: number
}

const fanoutStart = 8
const namesStart = fanoutStart + 256 * 4

/** The names of a pack's objects, from its index of version 2. */
export async function readPackNames(file: string, format: 'sha1' | 'sha256'): Promise<PackNames> {
  const bytes = await readFile(file)
  const width = format === 'sha256' ? 32 : 20
  if (bytes.length < namesStart || bytes.readUInt32BE(0) !== 0xff744f63 || bytes.readUInt32BE(4) !== 2)
    throw new GitError(`${file} is no index of a pack`)
  const count = bytes.readUInt32BE(namesStart - 4)
  return { bytes: bytes.subarray(namesStart, namesStart + count * width), width }
}

/** Whether all names of a pack are in others, too. */
export function areAllIn({ bytes, width }: PackNames, others: readonly PackNames[]): boolean {
  const at = others.map(() => 0)
  for (let start = 0; start < bytes.length; start += width) {
    const isThere = others.some((other, index) => {
      let place = at[index] ?? 0
      while (place < other.bytes.length && compare(other, place) < 0) place += width
      at[index] = place
      return place < other.bytes.length && compare(other, place) === 0
    })
    if (!isThere) return false

    function compare(other: PackNames, place: number): number {
      return other.bytes.compare(bytes, start, start + width, place, place + width)
    }
  }
  return true
}
