import type { Client } from './client.ts'
import type { WarmPool } from './operations/warm-pools.ts'

export type { WarmPool }

/** Sandboxes made ahead. */
export class WarmPoolService {
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  list(): Promise<WarmPool[]> {
    return this.#client.call('listWarmPools')
  }

  /** Keeps `pool` sandboxes of a snapshot ready. */
  create(params: { snapshot: string; pool: number; target?: string | null }): Promise<WarmPool> {
    return this.#client.call('createWarmPool', { body: params })
  }

  update(warmPoolId: string, params: { pool: number }): Promise<WarmPool> {
    return this.#client.call('updateWarmPool', { params: { id: warmPoolId }, body: params })
  }

  async delete(warmPoolId: string): Promise<void> {
    await this.#client.call('deleteWarmPool', { params: { id: warmPoolId } })
  }
}
