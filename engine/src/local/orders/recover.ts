import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { SandboxReport } from '@sandyard/protocol'
import { cachedDisks, loadCache } from '../build/cache.ts'
import { listChildren } from '../cgroup/cgroup.ts'
import { freeze, thaw } from '../cgroup/freezer.ts'
import type { Context } from '../context.ts'
import { deleteDisk, listDisks, unmountDisk } from '../disk/disks.ts'
import { isAlive } from '../host/processes.ts'
import { collect, loadLayers, promisedDisks } from '../images/layers.ts'
import { sandboxPaths } from '../layout.ts'
import { listSlots } from '../network/slots.ts'
import { archiveNames, isLive, listRecorded, readRecord, removeRecord, type SandboxRecord } from '../records/record.ts'
import { removeContainer, sandboxCgroup } from '../runtime/runc.ts'
import { publishSaved } from '../snapshots/save.ts'
import { listSaved } from '../snapshots/saved.ts'
import { discardSlot } from '../spares/slots.ts'
import { unstageAll } from '../volumes/stage.ts'
import { tidyVolumes } from '../volumes/volumes.ts'
import { applyResources } from './change.ts'
import { attach, describeEnd, inspectSandbox, settle } from './life.ts'

/**
 * Takes in what the records promise: sandboxes that run are attached to, others are settled as stopped. What no
 * record speaks for is removed soon after.
 */
export async function recoverSandboxes(context: Context): Promise<SandboxReport[]> {
  await unstageAll(context.layout)
  const unread = readRecords(context)
  const records = [...context.records.values()]
  const slots = new Set(records.map((record) => record.slot).filter((slot) => slot !== null))
  // After a reboot the slots of the records are gone, but they are about to be cleared all the same.
  for (const slot of [...slots, ...listSlots(context.layout)]) context.slotNumbers.keep(slot)
  for (const { idRange } of records) if (idRange !== null) context.idRanges?.keep(idRange)
  await restorePlaces(context, records)
  const reports = await Promise.all(records.map((record) => takeIn(context, record)))
  sweep(context, { slots, archives: await listArchives(context), isSure: unread === 0 })
  tidyVolumes(context)
  // Only now: what is made ahead has no record either.
  context.slots.fill()
  context.disks.fill()
  return reports
}

/** What is in the archive store; nothing when it does not answer: what is litter there then waits for another start. */
async function listArchives({ archives, log }: Context): Promise<string[]> {
  try {
    return await archives.list()
  } catch (fault) {
    log.warn({ fault: String(fault) }, 'the archive store could not be looked through')
    return []
  }
}

/** Reads all records; one that cannot be read is left alone with all that may be its own. Gives how many these are. */
function readRecords(context: Context): number {
  let unread = 0
  const snapshots = listSaved(context.layout, (file, fault) => {
    unread += 1
    context.log.warn({ file, fault: String(fault) }, 'a snapshot is left out: its record cannot be read')
  })
  for (const saved of snapshots) publishSaved(context, saved)
  loadLayers(context)
  loadCache(context)
  for (const id of listRecorded(context.layout)) {
    try {
      const record = readRecord(context.layout, id)
      if (record === null) removeRecord(context.layout, id)
      else context.records.set(id, record)
    } catch (fault) {
      unread += 1
      context.log.warn({ sandboxId: id, fault: String(fault) }, 'a sandbox is left out: its record cannot be read')
    }
  }
  return unread
}

async function takeIn(context: Context, record: SandboxRecord): Promise<SandboxReport> {
  const sandboxId = record.spec.id
  if (!isLive(record)) return inspectSandbox(context, sandboxId)
  // Not asked for an answer: it may be slow or hostile, and the platform's start must not wait for it. If its agent is
  // gone, the lifeline tells at once.
  if (record.init !== null && isAlive(record.init)) {
    await align(context, record)
    attach(context, record)
    return inspectSandbox(context, sandboxId)
  }
  const hasRestarted = !existsSync(sandboxPaths(context.layout, sandboxId).bundle)
  const reason = hasRestarted ? 'The machine was restarted.' : describeEnd(context, record)
  await settle(context, record, reason)
  return inspectSandbox(context, sandboxId)
}

/** The rules of all that may run, at once: a crash may have come between a change of them and its record. */
async function restorePlaces({ places }: Context, records: readonly SandboxRecord[]): Promise<void> {
  const alive = records.filter(({ init }) => init !== null && isAlive(init))
  await places.restore(alive.flatMap(({ slot, spec }) => (slot === null ? [] : [{ slot, spec }])))
}

/** Brings what runs in line with the record, where a crash came between a change of one and of the other. */
async function align(context: Context, record: SandboxRecord): Promise<void> {
  const { id } = record.spec
  const cgroup = sandboxCgroup(context.layout, id)
  try {
    if (record.phase === 'paused') await freeze(cgroup)
    else thaw(cgroup)
  } catch (fault) {
    context.log.warn({ sandboxId: id, fault: String(fault) }, 'a paused sandbox goes on')
  }
  // Later, as it takes a program for each disk.
  context.trash.add(`limits of ${id}`, () => alignLimits(context, id))
}

/** Takes no lock, as others wait for this while they hold one: what a resize does meanwhile is done again. */
async function alignLimits(context: Context, sandboxId: string): Promise<void> {
  const current = (): SandboxRecord | null => {
    const record = context.records.get(sandboxId)
    return record !== undefined && isLive(record) ? record : null
  }
  for (let applied: unknown = null; ; ) {
    const record = current()
    if (record === null || record.spec === applied) return
    try {
      await applyResources(context, record)
      applied = record.spec
    } catch (error) {
      // It has ended meanwhile, and its cgroup is gone.
      if (record.init === null || !isAlive(record.init)) return
      if (current()?.spec === record.spec) throw error
    }
  }
}

/** What is looked through for litter. */
interface Found {
  /** slots that were in a record */
  readonly slots: ReadonlySet<number>
  /** names of all archives */
  readonly archives: readonly string[]
  /** whether all records could be read */
  readonly isSure: boolean
}

/**
 * Removes what a crash has left between two steps: found by name, because nobody wrote it down.
 * `slots` were in a record; those of sandboxes that have just been settled are on their way out already.
 * Unless we are sure to know all records, everything is left alone: it may be somebody's work.
 */
function sweep(context: Context, { slots, archives, isSure }: Found): void {
  if (!isSure) return
  collect(context)
  const { layout, trash } = context
  const records = [...context.records.values()]
  const running = new Set(records.filter(isLive).map((record) => record.spec.id))
  const containers = [
    ...listFolder(layout.runc),
    ...listFolder(join(layout.runtime, 'sandboxes')),
    ...listChildren(layout.cgroup),
  ]
  for (const id of new Set(containers)) {
    if (!running.has(id)) trash.add(`container ${id}`, () => removeContainer(layout, id))
  }
  for (const slot of listSlots(layout)) if (!slots.has(slot)) discardSlot(context, slot)
  const mounted = new Set(records.filter(isLive).map((record) => record.diskId))
  for (const diskId of listFolder(join(layout.runtime, 'roots'))) {
    if (!mounted.has(diskId)) trash.add(`mount ${diskId}`, () => unmountDisk(layout, diskId))
  }
  const kept = promisedDisks(context)
  for (const diskId of cachedDisks(context)) kept.add(diskId)
  for (const { diskId } of context.images.layers.values()) kept.add(diskId)
  for (const diskId of listDisks(layout)) {
    if (!kept.has(diskId)) trash.add(`disk ${diskId}`, () => deleteDisk(layout, diskId))
  }
  const archived = new Set(records.flatMap((record) => archiveNames(record, context.archives.place)))
  for (const name of archives) {
    if (!archived.has(name)) trash.add(`archive ${name}`, () => context.archives.remove(name))
  }
}

function listFolder(path: string): string[] {
  return existsSync(path) ? readdirSync(path) : []
}
