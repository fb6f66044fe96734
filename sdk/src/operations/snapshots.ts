// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/snapshots.ts: change that, and run it again. */

import type { BuildInfo, WantedBuild, WantedBuildInput } from './build-info.ts'

export interface CreateSnapshot {
  name: string
  imageName?: string
  buildInfo?: WantedBuild
  entrypoint?: string[]
  cpu?: number
  gpu?: number
  memory?: number
  disk?: number
  regionId?: string
  sandboxClass?: string
}

export interface CreateSnapshotInput {
  name: string
  imageName?: string | undefined
  buildInfo?: WantedBuildInput | undefined
  entrypoint?: readonly string[] | undefined
  cpu?: number | undefined
  gpu?: number | undefined
  memory?: number | undefined
  disk?: number | undefined
  regionId?: string | undefined
  sandboxClass?: string | undefined
}

export interface Snapshot {
  id: string
  organizationId?: string
  general: boolean
  name: string
  imageName?: string
  state: 'pending' | 'pulling' | 'building' | 'snapshotting' | 'active' | 'inactive' | 'error' | 'build_failed' | 'removing'
  size: number | null
  entrypoint: string[] | null
  cpu: number
  gpu: number
  mem: number
  disk: number
  errorReason: string | null
  createdAt: string
  updatedAt: string
  lastUsedAt: string | null
  sourceSandboxId: string | null
  sandboxClass: string
  buildInfo?: BuildInfo
}

/** What is sent and answered. */
export interface SnapshotOperations {
  /** Make a snapshot of an image or a Dockerfile; the answer does not wait for it */
  createSnapshot: {
    body: CreateSnapshotInput
    answer: Snapshot
  }
  /** List snapshots, a page at a time: those of the organization, then the general ones */
  getAllSnapshots: {
    query?: {
      page?: string | number | boolean | undefined
      limit?: string | number | boolean | undefined
      name?: string | number | boolean | undefined
      sourceSandboxId?: string | number | boolean | undefined
      sort?: 'name' | 'state' | 'lastUsedAt' | 'createdAt' | undefined
      order?: 'asc' | 'desc' | undefined
    }
    answer: {
      items: Snapshot[]
      total: number
      page: number
      totalPages: number
    }
  }
  /** One snapshot by id or name */
  getSnapshot: {
    params: { id: string | number | boolean }
    answer: Snapshot
  }
  /** Delete a snapshot, or cancel the making of one; sandboxes that were made from it stay */
  removeSnapshot: {
    params: { id: string | number | boolean }
    answer: undefined
  }
  /** Let sandboxes be made from an inactive snapshot again */
  activateSnapshot: {
    params: { id: string | number | boolean }
    answer: Snapshot
  }
  /** Let no more sandboxes be made from a snapshot; it stays */
  deactivateSnapshot: {
    params: { id: string | number | boolean }
    answer: undefined
  }
  /** What was told while a snapshot was built or pulled, as text; `follow` until that has ended */
  getSnapshotBuildLogs: {
    params: { id: string | number | boolean }
    query?: {
      follow?: string | number | boolean | undefined
    }
    answer: ReadableStream<Uint8Array>
  }
  /** Where that text can be read, with the same credentials */
  getSnapshotBuildLogsUrl: {
    params: { id: string | number | boolean }
    answer: {
      url: string
    }
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const snapshotOperations = {
  createSnapshot: 'POST /snapshots',
  getAllSnapshots: 'GET /snapshots',
  getSnapshot: 'GET /snapshots/{id}',
  removeSnapshot: 'DELETE /snapshots/{id}',
  activateSnapshot: 'POST /snapshots/{id}/activate',
  deactivateSnapshot: 'POST /snapshots/{id}/deactivate',
  getSnapshotBuildLogs: 'GET /snapshots/{id}/build-logs bytes',
  getSnapshotBuildLogsUrl: 'GET /snapshots/{id}/build-logs-url',
} as const
