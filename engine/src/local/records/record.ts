import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { SandboxSpec } from '@sandyard/protocol'
import * as z from 'zod/mini'
import { type ArchiveEntry, folderPlace } from '../archive/store.ts'
import { type Layout, sandboxPaths } from '../layout.ts'
import { writeDurably } from './durable-file.ts'

/** A packed disk: the first part is a whole disk, each other one is what was changed of the one before. */
export interface Archive {
  /** the store that all parts are in; see ArchiveStore */
  readonly place: string
  readonly parts: readonly ArchivePart[]
}

/** One packed disk, or change of one. */
export interface ArchivePart extends ArchiveEntry {
  /** the name that it unpacks to */
  readonly diskId: string
}

/** What a disk was unpacked from: the next archive of it holds only what has changed since. */
export interface ArchiveBase {
  /** the disk as it was unpacked; it is kept, and shares what has not changed */
  readonly diskId: string
  /** of the sandbox's own disk right after; the same later means that nothing was written */
  readonly generation: number
  /** stays in the store */
  readonly archive: Archive
}

/**
 * What the engine has promised of a sandbox, on disk. It is written when the promise is made and removed when the
 * sandbox is given up: every process, mount, disk or interface that no record speaks for is litter of a crash.
 */
export interface SandboxRecord {
  readonly spec: SandboxSpec
  /**
   * `running`: its processes should be there. `paused`: there and frozen. `stopped`: only its disk. `archived`: only
   * what `archive` names.
   */
  readonly phase: 'running' | 'paused' | 'stopped' | 'archived'
  /** folder name of its disk; of one that is archived, the name it unpacks to */
  readonly diskId: string
  /** network slot while it runs */
  readonly slot: number | null
  /** number of its range of user ids while it runs; `null` also where all share one */
  readonly idRange: number | null
  /** host pid of its first process and that process's start time in clock ticks, while it runs */
  readonly init: { readonly pid: number; readonly startTime: string } | null
  /** why it ended without being asked */
  readonly reason?: string
  /** its packed disk while it is archived */
  readonly archive?: Archive
  /** what its disk was unpacked from, when it has been archived before */
  readonly base?: ArchiveBase
}

const Network = z.object({
  blockAll: z.boolean(),
  allowList: z.nullable(z.array(z.string())),
  domains: z.exactOptional(z.array(z.string())),
  denyList: z.exactOptional(z.array(z.string())),
  denyDomains: z.exactOptional(z.array(z.string())),
})

const Spec = z.object({
  id: z.string(),
  hostname: z.string(),
  snapshot: z.string(),
  user: z.string(),
  env: z.record(z.string(), z.string()),
  cpu: z.number(),
  memoryGib: z.number(),
  diskGib: z.number(),
  network: Network,
  volumes: z._default(
    z.array(z.object({ volumeId: z.string(), mountPath: z.string(), subpath: z.nullable(z.string()) })),
    [],
  ),
  secrets: z.exactOptional(z.array(z.object({ env: z.string(), placeholder: z.string(), hosts: z.array(z.string()) }))),
  link: z.exactOptional(z.object({ sandboxId: z.string(), name: z.string(), ownName: z.string() })),
})

const Entry = { name: z.string(), sha256: z.string(), sizeBytes: z.number() }
const Parts = z.object({
  place: z.string(),
  parts: z.array(z.object({ ...Entry, diskId: z.string() })).check(z.minLength(1)),
})

const Stored = z.object({
  spec: Spec,
  phase: z.enum(['running', 'paused', 'stopped', 'archived']),
  diskId: z.string(),
  slot: z.nullable(z.number()),
  idRange: z._default(z.nullable(z.number()), null),
  init: z.nullable(z.object({ pid: z.number(), startTime: z.string() })),
  reason: z.optional(z.string()),
  /** a single entry is what versions before 0.2 wrote */
  archive: z.optional(z.union([Parts, z.object(Entry)])),
  base: z.optional(z.object({ diskId: z.string(), generation: z.number(), archive: Parts })),
})

/** True when its processes should be there, frozen or not. */
export function isLive({ phase }: Pick<SandboxRecord, 'phase'>): boolean {
  return phase === 'running' || phase === 'paused'
}

/** Writes the record so that after any crash, of the power too, the old or the new one is there, whole. */
export async function writeRecord(layout: Layout, record: SandboxRecord): Promise<void> {
  const { record: file } = sandboxPaths(layout, record.spec.id)
  await writeDurably(file, JSON.stringify(record))
}

/** The record, or `null` when there is none or its first write was cut off. */
export function readRecord(layout: Layout, sandboxId: string): SandboxRecord | null {
  try {
    const stored = Stored.parse(JSON.parse(readFileSync(sandboxPaths(layout, sandboxId).record, 'utf8')))
    const { reason, archive, base, ...rest } = stored
    return {
      ...rest,
      ...(reason === undefined ? {} : { reason }),
      ...(base === undefined ? {} : { base }),
      ...(archive === undefined ? {} : { archive: inParts(archive, rest.diskId) }),
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    const { record } = sandboxPaths(layout, sandboxId)
    throw new Error(`The record of sandbox ${sandboxId} cannot be read: ${record}`, { cause: error })
  }
}

function inParts(archive: Archive | ArchiveEntry, diskId: string): Archive {
  return 'parts' in archive ? archive : { place: folderPlace, parts: [{ ...archive, diskId }] }
}

/** Names of all that the record keeps in the archive store of this place. */
export function archiveNames({ archive, base }: Pick<SandboxRecord, 'archive' | 'base'>, place: string): string[] {
  const kept = [archive, base?.archive].filter((one) => one !== undefined && one.place === place)
  return kept.flatMap((one) => one?.parts ?? []).map(({ name }) => name)
}

/** Ids of all sandboxes that have a folder. */
export function listRecorded(layout: Layout): string[] {
  const folder = join(layout.data, 'sandboxes')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return readdirSync(folder)
}

/** Removes the record with its folder: the last thing that goes. */
export function removeRecord(layout: Layout, sandboxId: string): void {
  rmSync(sandboxPaths(layout, sandboxId).folder, { recursive: true, force: true })
}
