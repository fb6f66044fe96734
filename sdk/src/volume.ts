import type { Client } from './client.ts'
import { DaytonaError } from './errors.ts'
import type { Volume } from './operations/volumes.ts'

export type { Volume }

/** Folders that outlive sandboxes. */
export class VolumeService {
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  /** Volumes, those first that were used last. */
  list(): Promise<Volume[]> {
    return this.#client.call('listVolumes')
  }

  /** One by its name; with `create`, one is made where there is none. */
  async get(name: string, create = false): Promise<Volume> {
    try {
      return await this.#client.call('getVolumeByName', { params: { name } })
    } catch (error) {
      if (!create || !isNotFound(error)) throw error
    }
    try {
      return await this.create(name)
    } catch (error) {
      // Somebody else made it in between.
      if (!(error instanceof DaytonaError && error.statusCode === 409)) throw error
      return await this.#client.call('getVolumeByName', { params: { name } })
    }
  }

  create(name: string): Promise<Volume> {
    return this.#client.call('createVolume', { body: { name } })
  }

  /** Deletes one with all that is in it: a volume, or its name or id. */
  async delete(volume: Volume | string): Promise<void> {
    const volumeId = typeof volume === 'string' ? await this.#idOf(volume) : volume.id
    await this.#client.call('deleteVolume', { params: { volumeId } })
  }

  async #idOf(nameOrId: string): Promise<string> {
    try {
      return (await this.get(nameOrId)).id
    } catch (error) {
      if (!isNotFound(error)) throw error
      return (await this.#client.call('getVolume', { params: { volumeId: nameOrId } })).id
    }
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof DaytonaError && error.statusCode === 404
}
