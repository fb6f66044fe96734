// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/warm-pools.ts: change that, and run it again. */

export interface WarmPool {
  id: string
  organizationId: string
  snapshot: string
  target: string
  pool: number
  currentSize: number
  cpu: number
  mem: number
  disk: number
  osUser: string
  env: Record<string, string>
  errorReason: string | null
  createdAt: string
  updatedAt: string
}

/** What is sent and answered. */
export interface WarmPoolOperations {
  /** Pools of the organization */
  listWarmPools: {
    answer: WarmPool[]
  }
  /** Keep sandboxes of a snapshot ready; one pool a snapshot */
  createWarmPool: {
    body: {
      snapshot: string
      pool: number
      target?: string | null | undefined
    }
    answer: WarmPool
  }
  /** Change how many are kept ready */
  updateWarmPool: {
    params: { id: string | number | boolean }
    body: {
      pool: number
    }
    answer: WarmPool
  }
  /** Delete a pool with those that nobody has taken */
  deleteWarmPool: {
    params: { id: string | number | boolean }
    answer: undefined
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const warmPoolOperations = {
  listWarmPools: 'GET /warm-pools',
  createWarmPool: 'POST /warm-pools',
  updateWarmPool: 'PATCH /warm-pools/{id}',
  deleteWarmPool: 'DELETE /warm-pools/{id}',
} as const
