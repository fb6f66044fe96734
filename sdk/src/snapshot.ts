import { followBuildLogs, snapshotBuildLogs } from './build-logs.ts'
import type { Client } from './client.ts'
import { DaytonaError } from './errors.ts'
import type { Image } from './images/image.ts'
import { prepareBuild } from './images/upload-context.ts'
import type { Snapshot } from './operations/snapshots.ts'
import type { Resources } from './parameters.ts'
import { waitUntil } from './waiting.ts'

export type { Snapshot }

/** A snapshot to make: of an image by its name, or of one that is built. */
export interface CreateSnapshotParams {
  name: string
  image: string | Image
  /** of a sandbox made from it, unless that asks for others */
  resources?: Resources
  entrypoint?: string[]
  regionId?: string
  sandboxClass?: string
}

/** How a snapshot is made. */
export interface CreateSnapshotOptions {
  onLogs?: ((chunk: string) => void) | undefined
  /** told each time that the state was asked for */
  onState?: ((snapshot: Snapshot) => void) | undefined
  /** s, 0 is no deadline; default 0 */
  timeout?: number | undefined
}

export interface ListSnapshotsQuery {
  /** counted from 1 */
  page?: number
  limit?: number
  /** part of the name */
  name?: string
  sourceSandboxId?: string
}

/** A page of snapshots. */
export interface PaginatedSnapshots {
  items: Snapshot[]
  total: number
  page: number
  totalPages: number
}

/** What sandboxes are made from. */
export class SnapshotService {
  readonly #client: Client
  readonly #target: string | undefined

  constructor(client: Client, target?: string) {
    this.#client = client
    this.#target = target
  }

  /** A page; also as `list(page, limit)`. */
  list(query: ListSnapshotsQuery | number = {}, limit?: number): Promise<PaginatedSnapshots> {
    return this.#client.call('getAllSnapshots', {
      query: typeof query === 'number' ? { page: query, limit } : { ...query },
    })
  }

  /** All of them, page after page. */
  async *listAll(query: Omit<ListSnapshotsQuery, 'page'> = {}): AsyncGenerator<Snapshot, void> {
    for (let page = 1; ; page += 1) {
      const { items, totalPages } = await this.list({ ...query, page })
      yield* items
      if (page >= totalPages) return
    }
  }

  /** One by its id or name. */
  get(idOrName: string): Promise<Snapshot> {
    return this.#client.call('getSnapshot', { params: { id: idOrName } })
  }

  /** Deletes one; sandboxes that were made from it stay. */
  async delete(snapshot: Snapshot | string): Promise<void> {
    await this.#client.call('removeSnapshot', { params: { id: await this.#idOf(snapshot) } })
  }

  /**
   * Makes one and waits until sandboxes can be made from it.
   *
   * @param options `timeout` in s, 0 is no deadline
   * @throws DaytonaError with the reason when it cannot be made
   */
  async create(params: CreateSnapshotParams, options: CreateSnapshotOptions = {}): Promise<Snapshot> {
    const { name, image, resources = {}, entrypoint, regionId = this.#target, sandboxClass } = params
    const { cpu, gpu, memory, disk } = resources
    const source =
      typeof image === 'string' ? { imageName: image } : { buildInfo: await prepareBuild(this.#client, image) }
    const body = { name, entrypoint, cpu, gpu, memory, disk, regionId, sandboxClass, ...source }
    let snapshot = await this.#client.call('createSnapshot', { body })
    const ending = new AbortController()
    const { onLogs, onState } = options
    onState?.(snapshot)
    const logs =
      onLogs === undefined
        ? Promise.resolve()
        : followBuildLogs(() => snapshotBuildLogs(this.#client, snapshot.id, ending.signal), onLogs, ending.signal)
    // Its failure is told below, once it is known how the snapshot went.
    logs.catch(() => {})
    try {
      const look = async (): Promise<boolean> => {
        snapshot = await this.get(snapshot.id)
        onState?.(snapshot)
        if (snapshot.state === 'error' || snapshot.state === 'build_failed')
          throw new DaytonaError(`Snapshot ${name} could not be made: ${snapshot.errorReason ?? 'no reason is known'}`)
        return snapshot.state === 'active'
      }
      await waitUntil({ what: `Snapshot ${name} was not made`, look, timeout: options.timeout ?? 0 })
      await logs
    } finally {
      ending.abort()
    }
    return snapshot
  }

  /** Lets sandboxes be made from an inactive one again. */
  async activate(snapshot: Snapshot | string): Promise<Snapshot> {
    return await this.#client.call('activateSnapshot', { params: { id: await this.#idOf(snapshot) } })
  }

  async #idOf(snapshot: Snapshot | string): Promise<string> {
    return typeof snapshot === 'string' ? (await this.get(snapshot)).id : snapshot.id
  }
}
