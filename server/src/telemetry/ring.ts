import { type FileHandle, open, readFile } from 'node:fs/promises'

/** What a sandbox used at one time, and what it might. */
export interface Sample {
  /** epoch seconds */
  readonly at: number
  /** percent of `cores`; NaN when there was nothing to compare with */
  readonly cpuPercent: number
  readonly cores: number
  readonly memoryGib: number
  readonly diskGib: number
  readonly memoryKib: number
  readonly cacheKib: number
  readonly diskKib: number
  readonly receivedKib: number
  readonly sentKib: number
}

/** Samples of one sandbox that are kept. */
export const ringLength = 5760
const sampleBytes = 36

/**
 * Puts a sample into a file in which the newest replaces the oldest: the place follows from the time, so the file has no
 * head that could get lost, and what a crash leaves half-written is one sample that is out of its time.
 */
export async function writeSample(file: string, sample: Sample, everySeconds: number): Promise<void> {
  const bytes = Buffer.alloc(sampleBytes)
  bytes.writeUInt32LE(sample.at, 0)
  bytes.writeFloatLE(sample.cpuPercent, 4)
  bytes.writeUInt16LE(clamp(sample.cores, 0xffff), 8)
  bytes.writeUInt16LE(clamp(sample.memoryGib, 0xffff), 10)
  bytes.writeUInt32LE(clamp(sample.diskGib), 12)
  bytes.writeUInt32LE(clamp(sample.memoryKib), 16)
  bytes.writeUInt32LE(clamp(sample.cacheKib), 20)
  bytes.writeUInt32LE(clamp(sample.diskKib), 24)
  bytes.writeUInt32LE(clamp(sample.receivedKib), 28)
  bytes.writeUInt32LE(clamp(sample.sentKib), 32)
  const handle = await openForWriting(file)
  try {
    await handle.write(bytes, 0, sampleBytes, sampleBytes * (Math.floor(sample.at / everySeconds) % ringLength))
  } finally {
    await handle.close()
  }
}

/** Samples of a file within a time, epoch seconds, the oldest first; none when there is no file. */
export async function readSamples(file: string, from: number, to: number): Promise<Sample[]> {
  let bytes: Buffer
  try {
    bytes = await readFile(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  const samples: Sample[] = []
  for (let offset = 0; offset + sampleBytes <= bytes.length; offset += sampleBytes) {
    const at = bytes.readUInt32LE(offset)
    if (at === 0 || at < from || at > to) continue
    samples.push({
      at,
      cpuPercent: bytes.readFloatLE(offset + 4),
      cores: bytes.readUInt16LE(offset + 8),
      memoryGib: bytes.readUInt16LE(offset + 10),
      diskGib: bytes.readUInt32LE(offset + 12),
      memoryKib: bytes.readUInt32LE(offset + 16),
      cacheKib: bytes.readUInt32LE(offset + 20),
      diskKib: bytes.readUInt32LE(offset + 24),
      receivedKib: bytes.readUInt32LE(offset + 28),
      sentKib: bytes.readUInt32LE(offset + 32),
    })
  }
  return samples.sort((a, b) => a.at - b.at)
}

async function openForWriting(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'r+')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return await open(file, 'w', 0o600)
  }
}

function clamp(value: number, most = 0xffff_ffff): number {
  return Math.max(0, Math.min(most, Math.round(value)))
}
