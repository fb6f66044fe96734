import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** Takes a body in and gives its check value. */
export interface Checksum {
  update(data: Buffer): void
  /** Call it once. */
  digest(): Buffer
}

/** What a body can be checked by. */
export const checksumNames = ['md5', 'sha256', 'sha1', 'crc32', 'crc32c', 'crc64nvme'] as const

export type ChecksumName = (typeof checksumNames)[number]

/** Begins to take in a body. */
export function createChecksum(name: ChecksumName): Checksum {
  switch (name) {
    case 'crc32':
      return createCrc32()
    case 'crc32c':
      return createCrc32c()
    case 'crc64nvme':
      return createCrc64()
    default: {
      const hash = createHash(name)
      return { update: (data) => void hash.update(data), digest: () => hash.digest() }
    }
  }
}

function createCrc32(): Checksum {
  let value = 0
  return {
    update: (data) => {
      value = crc32(data, value)
    },
    digest: () => words(value),
  }
}

let castagnoli: Uint32Array | undefined

function createCrc32c(): Checksum {
  castagnoli ??= Uint32Array.from({ length: 256 }, (_, byte) => {
    let rest = byte
    for (let bit = 0; bit < 8; bit++) rest = (rest & 1) === 1 ? (rest >>> 1) ^ 0x82f6_3b78 : rest >>> 1
    return rest >>> 0
  })
  const table = castagnoli
  let value = 0xffff_ffff
  return {
    update: (data) => {
      for (const byte of data) value = ((table[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8)) >>> 0
    },
    digest: () => words(~value >>> 0),
  }
}

const nvmePolynomial = 0x9a6c_9329_ac4b_c9b5n
let nvme: { readonly high: Uint32Array; readonly low: Uint32Array } | undefined

/** In two halves of 32 bits, as numbers of 64 are slow. */
function createCrc64(): Checksum {
  nvme ??= nvmeTable()
  const { high: highs, low: lows } = nvme
  let [high, low] = [0xffff_ffff, 0xffff_ffff]
  return {
    update: (data) => {
      for (const byte of data) {
        const index = (low ^ byte) & 0xff
        low = ((low >>> 8) | (high << 24)) ^ (lows[index] ?? 0)
        high = (high >>> 8) ^ (highs[index] ?? 0)
      }
    },
    digest: () => words(~high >>> 0, ~low >>> 0),
  }
}

function nvmeTable(): { high: Uint32Array; low: Uint32Array } {
  const high = new Uint32Array(256)
  const low = new Uint32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let rest = BigInt(byte)
    for (let bit = 0; bit < 8; bit++) rest = (rest & 1n) === 1n ? (rest >> 1n) ^ nvmePolynomial : rest >> 1n
    high[byte] = Number(rest >> 32n)
    low[byte] = Number(rest & 0xffff_ffffn)
  }
  return { high, low }
}

function words(...values: number[]): Buffer {
  const buffer = Buffer.alloc(4 * values.length)
  for (const [index, value] of values.entries()) buffer.writeUInt32BE(value, 4 * index)
  return buffer
}
