import { randomUUID } from 'node:crypto'
import { PlatformError, type Resources } from '@sandyard/protocol'
import { hostsFile, writeEtc } from '../bundle.ts'
import type { Context } from '../context.ts'
import { copyDisk, deleteDisk, diskPaths, limitDisk, makeDisk, mountDisk } from '../disk/disks.ts'
import { releaseRange } from '../records/id-ranges.ts'
import { idRangeCount, rangeRootId } from '../records/ids.ts'
import { removeContainer } from '../runtime/runc.ts'
import { discardSlot } from '../spares/slots.ts'
import { takeCached } from './cache.ts'

/** A disk of a build, mounted over what it stands on. */
export interface Root {
  readonly diskId: string
  /** folders below it, the topmost first */
  readonly layers: readonly string[]
  /** where it is mounted on the host */
  readonly path: string
}

/** What a root begins with. */
export type Beginning =
  | { readonly kind: 'empty' }
  | { readonly kind: 'copy'; readonly diskId: string }
  | { readonly kind: 'cached'; readonly key: string }

/**
 * What one build has on this machine: disks, a range of user ids, a place in the network. None of it is in a record, so
 * that all of it is litter for a start after a crash.
 */
export class Ground implements AsyncDisposable {
  readonly context: Context
  readonly resources: Resources
  readonly signal: AbortSignal
  readonly rootId: number
  readonly #id = `build-${randomUUID()}`
  readonly #idRange: number | null
  readonly #disks = new Set<string>()
  readonly #running = new Map<string, () => void>()
  #containers = 0
  #slot: Promise<number> | null = null

  constructor(context: Context, resources: Resources, signal: AbortSignal) {
    this.context = context
    this.resources = resources
    this.signal = signal
    this.#idRange = context.idRanges?.claim() ?? null
    if (context.idRanges !== null && this.#idRange === null) {
      throw new PlatformError('INSUFFICIENT_CAPACITY', `All ${idRangeCount} ranges of user ids are taken`)
    }
    this.rootId = rangeRootId(context.layout.index, this.#idRange)
  }

  /** Name of one more container. */
  nextId(): string {
    this.#containers += 1
    return `${this.#id}-${this.#containers}`
  }

  /** Says that the container runs: it ends with the build at the latest, and `letGo` is called then. */
  hasBegun(id: string, letGo: () => void): void {
    this.#running.set(id, letGo)
  }

  /** Says that nothing of the container is left. */
  hasEnded(id: string): void {
    this.#running.delete(id)
  }

  /** Place in the network of all steps. */
  async slot(): Promise<number> {
    this.#slot ??= this.context.slots.take()
    return await this.#slot
  }

  /** Makes a disk and mounts it; `null` when the cached step has gone. Without layers below it stands on nothing. */
  async makeRoot(layers: readonly string[], beginning: Beginning): Promise<Root | null> {
    const { layout } = this.context
    const { diskGib } = this.resources
    const diskId = await this.#makeDisk(beginning)
    if (diskId === null) return null
    this.#disks.add(diskId)
    if (beginning.kind !== 'empty') await limitDisk(layout, diskId, diskGib)
    const below = layers.length > 0 ? layers : [await this.#nothing()]
    await mountDisk(layout, diskId, below, this.rootId)
    const { root, etc } = diskPaths(layout, diskId)
    writeEtc(etc, this.rootId, [
      ['hostname', `${hostname}\n`],
      ['hosts', hostsFile(hostname, '127.0.1.1')],
      ['resolv.conf', `nameserver ${this.context.plan.gateway}\noptions timeout:3 attempts:2\n`],
    ])
    return { diskId, layers, path: root }
  }

  /** Lets go of a disk: it stays when the build is over. */
  release(diskId: string): void {
    this.#disks.delete(diskId)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { context } = this
    const faults: unknown[] = []
    for (const [id, letGo] of this.#running) {
      letGo()
      await removeContainer(context.layout, id).catch((fault: unknown) => faults.push(fault))
    }
    for (const diskId of this.#disks) {
      await deleteDisk(context.layout, diskId).catch((fault: unknown) => faults.push(fault))
    }
    if (this.#slot !== null) {
      await this.#slot.then(
        (slot) => discardSlot(context, slot),
        () => {}, // It was never there.
      )
    }
    // Ids that something may still run with are not handed out again.
    if (faults.length === 0) releaseRange(context, this.#idRange)
    for (const fault of faults) context.log.warn({ fault: String(fault) }, 'something of a build could not be removed')
  }

  async #makeDisk(beginning: Beginning): Promise<string | null> {
    const { layout } = this.context
    switch (beginning.kind) {
      case 'empty':
        return await makeDisk(layout, this.resources.diskGib)
      case 'copy':
        return await copyDisk(layout, beginning.diskId)
      case 'cached':
        return await takeCached(this.context, beginning.key)
    }
  }

  /** An empty folder below a disk that stands on nothing. */
  async #nothing(): Promise<string> {
    const diskId = await makeDisk(this.context.layout, 1)
    this.#disks.add(diskId)
    return diskPaths(this.context.layout, diskId).upper
  }
}

/** Host name inside. */
export const hostname = 'build'
