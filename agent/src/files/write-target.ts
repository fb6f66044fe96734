import { type BigIntStats, constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { PlatformError } from '@sandyard/protocol/errors'
import { type Beside, openBeside } from './beside.ts'
import { isListed, tagOf } from './conditions.ts'
import { errnoOf } from './file-error.ts'
import { makeFolders } from './make-folders.ts'
import { type OpenFile, openRegular } from './open-file.ts'
import { quotePath } from './path.ts'
import { inTurn } from './turns.ts'

/** Where the bytes of an upload go. */
export interface Target {
  readonly handle: FileHandle
  /** Makes them the content of the file, and gives what it is then. */
  finish(): Promise<BigIntStats>
  /** Lets go; bytes that are not the content yet are removed. */
  end(): Promise<void>
}

/** What is to be written. */
export interface Wanted {
  /** true when all bytes are at hand */
  readonly isWhole: boolean
  /** entity tags of `If-Match`; the file is written only while it is one of them */
  readonly ifMatch: string | undefined
}

/** Opens a regular file to be written, beside it where that can be; makes it and its parents (0755) where it is not there. */
export async function openTarget(path: string, { isWhole, ifMatch }: Wanted): Promise<Target> {
  const check = ifMatch === undefined ? undefined : checkOf(path, ifMatch)
  const old = await openThere(path)
  try {
    check?.(old?.stats ?? null)
    // What is at hand as a whole needs no detour to a place that is free.
    if (old === null && isWhole) return targetInPlace(await openNew(path))
    if (old === null) await makeFolders(dirname(path), 0o755)
    const beside = await openBeside(path, old)
    if (beside !== null) return targetBeside(beside, old, check)
    if (old === null) return targetInPlace(await openNew(path))
    await empty(old, check)
    return targetInPlace(old)
  } catch (thrown) {
    await old?.handle.close()
    // Of the file beside it callers know nothing.
    throw errnoOf(thrown) === undefined ? thrown : Object.assign(thrown as Error, { path })
  }
}

type Check = (now: BigIntStats | null) => void

function targetBeside(beside: Beside, old: OpenFile | null, check: Check | undefined): Target {
  return {
    handle: beside.handle,
    finish: () => beside.take(check),
    async end() {
      await beside.end()
      await old?.handle.close()
    },
  }
}

function targetInPlace({ handle }: OpenFile): Target {
  return {
    handle,
    async finish() {
      const stats = await handle.stat({ bigint: true })
      await handle.close()
      return stats
    },
    end: () => handle.close(),
  }
}

function checkOf(path: string, ifMatch: string): Check {
  return (now) => {
    // What has no name any more is not the file that was asked about.
    if (now !== null && now.nlink > 0n && isListed(ifMatch, tagOf(now))) return
    const what = now === null || now.nlink === 0n ? 'there is no such file any more' : 'the file has changed'
    throw new PlatformError('PRECONDITION_FAILED', `${what}: ${quotePath(path)}`)
  }
}

async function empty({ handle, stats }: OpenFile, check: Check | undefined): Promise<void> {
  if (check === undefined) return await handle.truncate(0)
  await inTurn(`${stats.dev}-${stats.ino}`, async () => {
    check(await handle.stat({ bigint: true }))
    await handle.truncate(0)
  })
}

/** Opens a file that is there; null when there is none. */
async function openThere(path: string): Promise<OpenFile | null> {
  try {
    return await openRegular(path, constants.O_WRONLY)
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return null
    throw thrown
  }
}

async function openNew(path: string): Promise<OpenFile> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC
  try {
    return await openRegular(path, flags)
  } catch (thrown) {
    if (errnoOf(thrown) !== 'ENOENT') throw thrown
    await makeFolders(dirname(path), 0o755)
    return openRegular(path, flags)
  }
}
