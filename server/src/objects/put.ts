import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { PlatformError } from '@sandyard/protocol'
import type { ObjectFolder } from './object-folder.ts'
import type { ObjectKey } from './object-key.ts'
import type { Room } from './room.ts'
import { S3Error } from './s3-error.ts'

/** A build context from within the platform. */
export interface OwnContext {
  readonly organizationId: string
  /** most that comes */
  readonly sizeBytes: number
  readonly bytes: AsyncIterable<Buffer>
}

/** What it needs. */
interface Parts {
  readonly folder: ObjectFolder
  readonly room: Room
  /** name of the object */
  readonly name: string
  /** epoch ms */
  readonly clock: () => number
}

/**
 * Keeps a build context under the hash of what is in it, and answers that; it counts as if the organization had put it.
 * Throws INSUFFICIENT_STORAGE past a limit, BAD_REQUEST for more bytes than were told.
 */
export async function putContext(parts: Parts, { organizationId, sizeBytes, bytes }: OwnContext): Promise<string> {
  const { folder, room, name, clock } = parts
  const place = reserve(room, organizationId, sizeBytes)
  const file = folder.newFile()
  try {
    await folder.requireRoom(sizeBytes).catch((thrown: unknown) => {
      throw expected(thrown)
    })
    const hash = await write(file, bytes, sizeBytes)
    const key: ObjectKey = { organizationId, hash, name }
    const before = folder.find(key)
    const object = await folder.commit(file, key, clock())
    const grown = object.sizeBytes - (before?.sizeBytes ?? 0)
    room.note(organizationId, { bytes: grown, objects: before === null ? 1 : 0 })
    return hash
  } finally {
    await folder.discard(file)
    place.release()
  }
}

async function write(file: string, bytes: AsyncIterable<Buffer>, mostBytes: number): Promise<string> {
  const hash = createHash('sha256')
  const handle = await open(file, 'wx', 0o600)
  let size = 0
  try {
    for await (const chunk of bytes) {
      size += chunk.length
      if (size > mostBytes) throw new PlatformError('BAD_REQUEST', 'The build context grew while it was read')
      hash.update(chunk)
      await handle.writeFile(chunk)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
  return hash.digest('hex')
}

function reserve(room: Room, organizationId: string, bytes: number): { release(): void } {
  try {
    return room.reserve(organizationId, { bytes, isObject: true })
  } catch (thrown) {
    throw expected(thrown)
  }
}

/** What S3 would say to a client, as what the platform says. */
function expected(thrown: unknown): unknown {
  return thrown instanceof S3Error
    ? new PlatformError('INSUFFICIENT_STORAGE', thrown.message, { cause: thrown })
    : thrown
}
