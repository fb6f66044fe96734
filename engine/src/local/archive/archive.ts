import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { isPlatformError, PlatformError } from '@sandyard/protocol'
import type { Context } from '../context.ts'
import { copyDisk, deleteDisk, diskGeneration, diskPaths, limitDisk, sealDisk } from '../disk/disks.ts'
import { packDisk, unpackDisk } from '../disk/pack.ts'
import { keepRecord, refuseUnless, reportState, requireRecord } from '../orders/life.ts'
import {
  type Archive,
  type ArchiveBase,
  type ArchivePart,
  archiveNames,
  type SandboxRecord,
} from '../records/record.ts'
import { folderPlace } from './store.ts'

/** Most parts of an archive; then it is packed as a whole again, so that a restore never reads through a long past. */
export const mostParts = 8

/**
 * Packs the disk of a stopped sandbox into the archive store, and then removes it. Of one that was restored from an archive
 * only what has changed since is packed, if anything. Does nothing when it is archived. Until the record says so what was
 * packed is litter; from then on the disk is.
 */
export async function archiveSandbox(context: Context, sandboxId: string): Promise<void> {
  const { layout, archives, trash } = context
  const record = requireRecord(context, sandboxId)
  if (record.phase === 'archived') return
  refuseUnless(record, ['stopped'])
  const startedAt = performance.now()
  const { base, ...rest } = record
  const archive = await pack(context, record)
  const diskId = archive.parts.at(-1)?.diskId
  if (diskId === undefined) throw new Error(`The archive of sandbox ${sandboxId} has no parts`)
  const archived: SandboxRecord = { ...rest, phase: 'archived', diskId, archive }
  await keepRecord(context, archived)
  trash.add(`disk of ${sandboxId}`, () => deleteDisk(layout, record.diskId))
  if (base !== undefined) trash.add(`base of ${sandboxId}`, () => deleteDisk(layout, base.diskId))
  const kept = archiveNames(archived, archives.place)
  for (const name of archiveNames(record, archives.place)) {
    if (!kept.includes(name)) trash.add(`archive of ${sandboxId}`, () => archives.remove(name))
  }
  const added = base?.archive === archive ? 0 : archive.parts.at(-1)?.sizeBytes
  const ms = Math.round(performance.now() - startedAt)
  context.log.info({ sandboxId, sizeBytes: added, parts: archive.parts.length, ms }, 'sandbox archived')
  reportState(context, sandboxId)
}

/**
 * Unpacks the disk of an archived sandbox, which is stopped then. The archive and the disk as it was unpacked are kept:
 * the next archive is what will have changed. Does nothing when it is stopped already. Throws INTERNAL_SERVER_ERROR when
 * the archive is damaged: it stays, and so does the state.
 */
export async function restoreSandbox(context: Context, sandboxId: string): Promise<void> {
  const { layout } = context
  const record = requireRecord(context, sandboxId)
  if (record.phase === 'stopped') return
  refuseUnless(record, ['archived'])
  const startedAt = performance.now()
  const { archive, ...rest } = record
  if (archive === undefined)
    throw new PlatformError('INTERNAL_SERVER_ERROR', 'The record of the sandbox names no archive')
  try {
    const baseId = await unpack(context, archive)
    const diskId = await copyDisk(layout, baseId)
    try {
      await limitDisk(layout, diskId, record.spec.diskGib)
      const base = { diskId: baseId, generation: await diskGeneration(layout, diskId), archive }
      await keepRecord(context, { ...rest, phase: 'stopped', diskId, base })
    } catch (error) {
      await deleteDisk(layout, diskId)
      throw error
    }
  } catch (error) {
    for (const { diskId } of archive.parts) await deleteDisk(layout, diskId)
    throw error
  }
  const ms = Math.round(performance.now() - startedAt)
  context.log.info({ sandboxId, parts: archive.parts.length, ms }, 'sandbox restored')
  reportState(context, sandboxId)
}

/** Unpacks an archive and gives the disk that is its last part. */
async function unpack({ layout, archives, trash }: Context, { place, parts }: Archive): Promise<string> {
  if (place !== archives.place) {
    const [there, here] = [place, archives.place].map((one) => (one === folderPlace ? 'the data folder' : one))
    throw new PlatformError('INTERNAL_SERVER_ERROR', `The archive is in ${there}, but the archive store is ${here}`)
  }
  // Of the time before it was archived, or of an attempt that failed: it may be on its way out.
  if (parts.some(({ diskId }) => existsSync(diskPaths(layout, diskId).subvolume))) await trash.empty()
  for (const { diskId } of parts) await deleteDisk(layout, diskId)
  let last: string | null = null
  for (const part of parts) {
    await archives.get(part, (file) => unpackDisk(layout, file))
    if (last !== null) await deleteDisk(layout, last)
    last = part.diskId
  }
  if (last === null) throw new PlatformError('INTERNAL_SERVER_ERROR', 'The archive of the sandbox has no parts')
  return last
}

/** Puts what is not in the store yet of the disk there, and gives the archive that it is now. */
async function pack(context: Context, record: SandboxRecord): Promise<Archive> {
  const { layout, log, archives } = context
  const { base, spec } = record
  const isHere = base?.archive.place === archives.place
  if (isHere && existsSync(diskPaths(layout, base.diskId).subvolume)) {
    if ((await diskGeneration(layout, record.diskId)) === base.generation) return base.archive
    if (mayGrow(base.archive)) {
      try {
        return { place: archives.place, parts: [...base.archive.parts, await packPart(context, record, base)] }
      } catch (error) {
        if (isPlatformError(error)) throw error
        log.warn(
          { sandboxId: spec.id, fault: String(error) },
          'a disk is archived as a whole: its change cannot be packed',
        )
      }
    }
  }
  return { place: archives.place, parts: [await packPart(context, record, null)] }
}

/** Changes that have become larger than the whole are of no use any more. */
function mayGrow({ parts: [whole, ...changes] }: Archive): boolean {
  const changed = changes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  return changes.length + 1 < mostParts && changed <= (whole?.sizeBytes ?? 0)
}

async function packPart(
  { layout, archives }: Context,
  record: SandboxRecord,
  base: ArchiveBase | null,
): Promise<ArchivePart> {
  const { id, diskGib } = record.spec
  const diskId = await copyDisk(layout, record.diskId)
  try {
    await sealDisk(layout, diskId)
    const entry = await archives.put(`${id}.${randomUUID()}`, async (file) => {
      await packDisk(layout, { diskId, sinceId: base?.diskId ?? null }, file, diskGib)
      if (base === null) return
      // A change is more than bytes: that it can be made is seen only by making it.
      await deleteDisk(layout, diskId)
      await unpackDisk(layout, file)
    })
    return { ...entry, diskId }
  } finally {
    await deleteDisk(layout, diskId)
  }
}
