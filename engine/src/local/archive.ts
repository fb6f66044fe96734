import { randomUUID } from 'node:crypto'
import { PlatformError } from '@sandyard/protocol'
import type { Context } from './context.ts'
import { copyDisk, deleteDisk, limitDisk, sealDisk } from './disk/disks.ts'
import { packDisk, unpackDisk } from './disk/pack.ts'
import { keepRecord, refuseUnless, reportState, requireRecord } from './life.ts'

/**
 * Packs the disk of a stopped sandbox into the archive store, and then removes it. Does nothing when that is done. Until
 * the record says so the archive is litter; from then on the disk is.
 */
export async function archiveSandbox(context: Context, sandboxId: string): Promise<void> {
  const { layout, archives, trash } = context
  const record = requireRecord(context, sandboxId)
  if (record.phase === 'archived') return
  refuseUnless(record, ['stopped'])
  const startedAt = performance.now()
  const diskId = await copyDisk(layout, record.diskId)
  try {
    await sealDisk(layout, diskId)
    const archive = await archives.put(`${sandboxId}.${randomUUID()}`, (file) =>
      packDisk(layout, diskId, file, record.spec.diskGib),
    )
    await keepRecord(context, { ...record, phase: 'archived', diskId, archive })
    const ms = Math.round(performance.now() - startedAt)
    context.log.info({ sandboxId, sizeBytes: archive.sizeBytes, ms }, 'sandbox archived')
  } finally {
    await deleteDisk(layout, diskId)
  }
  trash.add(`disk of ${sandboxId}`, () => deleteDisk(layout, record.diskId))
  reportState(context, sandboxId)
}

/**
 * Unpacks the disk of an archived sandbox, which is stopped then, and removes the archive. Does nothing when it is stopped
 * already. Throws INTERNAL_SERVER_ERROR when the archive is damaged: it stays, and so does the state.
 */
export async function restoreSandbox(context: Context, sandboxId: string): Promise<void> {
  const { layout, archives, trash } = context
  const record = requireRecord(context, sandboxId)
  if (record.phase === 'stopped') return
  refuseUnless(record, ['archived'])
  const { archive, ...rest } = record
  if (archive === undefined)
    throw new PlatformError('INTERNAL_SERVER_ERROR', 'The record of the sandbox names no archive')
  try {
    // Of an attempt that failed.
    await deleteDisk(layout, record.diskId)
    await archives.get(archive, (file) => unpackDisk(layout, file))
    const diskId = await copyDisk(layout, record.diskId)
    await limitDisk(layout, diskId, record.spec.diskGib)
    await keepRecord(context, { ...rest, phase: 'stopped', diskId })
  } finally {
    await deleteDisk(layout, record.diskId)
  }
  trash.add(`archive of ${sandboxId}`, () => archives.remove(archive.name))
  context.log.info({ sandboxId }, 'sandbox restored')
  reportState(context, sandboxId)
}
