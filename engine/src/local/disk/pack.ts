import { PlatformError } from '@sandyard/protocol'
import { passTimeoutMs } from '../archive/store.ts'
import { type Command, mustPipe } from '../host/run.ts'
import type { Layout } from '../layout.ts'
import { diskPaths } from './disks.ts'

const GiB = 1024 ** 3

/*
 * A packed disk is the stream in which btrfs tells a subvolume: owners, modes, all attributes, holes, links, special files
 * and blocks that files share are in it as they are. Unpacking needs a btrfs, which is what disks lie on.
 */

/** What is packed: a sealed disk, or what is changed in it since another one, sealed too and unpacked from an archive. */
export interface PackSource {
  readonly diskId: string
  readonly sinceId: string | null
}

/**
 * Packs a disk into a file. Throws UNPROCESSABLE_ENTITY when it would be far larger than the disk: files can share
 * their blocks in so many places that they are told apart. Throws INSUFFICIENT_CAPACITY when there is no room.
 */
export async function packDisk(
  layout: Layout,
  { diskId, sinceId }: PackSource,
  file: string,
  sizeGib: number,
): Promise<void> {
  const { subvolume } = diskPaths(layout, diskId)
  const since = sinceId === null ? [] : ['-p', diskPaths(layout, sinceId).subvolume]
  // The many names of small files can take more than their place on disk, but then they pack well.
  const [packedLimit, unpackedLimit] = [1.5 * sizeGib * GiB + GiB / 4, 4 * sizeGib * GiB + GiB]
  const zstd = ['zstd', '--quiet', '--threads=1', '-3', '--force', '-o', file]
  try {
    const send = { program: 'btrfs', args: ['--quiet', 'send', ...since, subvolume] }
    await mustPipe(send, { program: 'prlimit', args: [`--fsize=${Math.ceil(packedLimit)}`, ...zstd] }, passTimeoutMs)
  } catch (error) {
    if (/SIGXFSZ/.test((error as Error).message)) throw tooLarge(sizeGib)
    throw noRoomOr(error)
  }
  // Read back: it can be unpacked, and how much that gives.
  const unpackedBytes = await mustPipe(unpacking(file), { program: 'wc', args: ['-c'] }, passTimeoutMs)
  if (Number(unpackedBytes) > unpackedLimit) throw tooLarge(sizeGib)
}

/**
 * Unpacks a file into the disk that it was made of, sealed and under its name, which must be free. What was packed since
 * another disk needs that one there, as it was unpacked.
 */
export async function unpackDisk(layout: Layout, file: string): Promise<void> {
  try {
    const receive = { program: 'btrfs', args: ['--quiet', 'receive', '-e', layout.disks] }
    await mustPipe(unpacking(file), receive, passTimeoutMs)
  } catch (error) {
    throw noRoomOr(error)
  }
}

function unpacking(file: string): Command {
  return { program: 'zstd', args: ['--quiet', '--decompress', '--stdout', file] }
}

function noRoomOr(error: unknown): unknown {
  if (!/No space left|quota exceeded/i.test((error as Error).message)) return error
  return new PlatformError('INSUFFICIENT_CAPACITY', 'The machine has no room for this now; nothing was changed', {
    cause: error,
  })
}

function tooLarge(sizeGib: number): PlatformError {
  return new PlatformError(
    'UNPROCESSABLE_ENTITY',
    `The disk of the sandbox has ${sizeGib} GiB, but its files share so many blocks that packed it would be far larger`,
  )
}
