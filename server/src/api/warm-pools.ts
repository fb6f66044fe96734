import { randomUUID } from 'node:crypto'
import { limits, PlatformError, type RouteOutput, type warmPoolRoutes } from '@sandyard/protocol'
import { notFound } from '../not-found.ts'
import type { ServerConfig } from '../options.ts'
import { regionFor } from '../region.ts'
import type { SnapshotSources } from '../snapshots/find.ts'
import { snapshotFor } from '../snapshots/find.ts'
import type { WarmPoolRecord, WarmPoolStore } from '../store/warm-pools.ts'
import type { WarmPools } from '../warm-pools/pools.ts'
import { type WarmSize, warmSizeOf } from '../warm-pools/size.ts'
import { wireDate } from '../wire-date.ts'
import type { Answers } from './call.ts'

/** What the calls on warm pools need. */
interface Parts extends SnapshotSources {
  readonly warmPools: WarmPoolStore
  readonly warm: Pick<WarmPools, 'poke'>
  readonly config: ServerConfig
  /** epoch ms */
  readonly clock: () => number
}

/** Answers of the calls on warm pools. */
export function warmPoolAnswers(parts: Parts): Answers<typeof warmPoolRoutes> {
  const { warmPools, warm, config, clock } = parts

  async function wire(pool: WarmPoolRecord): Promise<WireWarmPool> {
    const ready = await warmPools.readyCounts(pool.organizationId)
    return toWirePool(pool, await warmSizeOf(parts, pool), ready.get(pool.id) ?? 0)
  }

  return {
    async listWarmPools({ principal: { organizationId } }) {
      const ready = await warmPools.readyCounts(organizationId)
      const pools = await warmPools.pools(organizationId)
      return Promise.all(
        pools.map(async (pool) => toWirePool(pool, await warmSizeOf(parts, pool), ready.get(pool.id) ?? 0)),
      )
    },
    async createWarmPool({ principal: { organizationId }, body }) {
      const region = regionFor(config, body.target || null)
      const snapshot = await snapshotFor(parts, organizationId, body.snapshot)
      if ((await warmPools.pools(organizationId)).length >= limits.warmPoolCount) {
        throw new PlatformError('BAD_REQUEST', `An organization has ${limits.warmPoolCount} warm pools at most`)
      }
      const nowMs = clock()
      const pool: WarmPoolRecord = {
        id: randomUUID(),
        organizationId,
        snapshot: snapshot.name,
        region,
        size: body.pool,
        errorReason: null,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
      }
      if (!(await warmPools.insertPool(pool))) {
        throw new PlatformError('CONFLICT', `There is a warm pool of snapshot ${snapshot.name} already`)
      }
      warm.poke()
      return wire(pool)
    },
    async updateWarmPool({ principal: { organizationId }, params, body }) {
      const change = { size: body.pool, updatedAtMs: clock() }
      const pool = await warmPools.updatePool(organizationId, params.id, change)
      if (pool === undefined) throw notFound('Warm pool', params.id)
      warm.poke()
      return wire(pool)
    },
    async deleteWarmPool({ principal: { organizationId }, params }) {
      if (!(await warmPools.deletePool(organizationId, params.id))) throw notFound('Warm pool', params.id)
      warm.poke()
    },
  }
}

type WireWarmPool = RouteOutput<(typeof warmPoolRoutes)['updateWarmPool']>

/** A pool in the form of the appendix of api.md. */
function toWirePool(pool: WarmPoolRecord, size: WarmSize, currentSize: number): WireWarmPool {
  return {
    id: pool.id,
    organizationId: pool.organizationId,
    snapshot: pool.snapshot,
    target: pool.region,
    pool: pool.size,
    currentSize,
    cpu: size.cpu,
    mem: size.memoryGib,
    disk: size.diskGib,
    osUser: size.user,
    env: {},
    errorReason: pool.errorReason,
    createdAt: wireDate(pool.createdAtMs),
    updatedAt: wireDate(pool.updatedAtMs),
  }
}
