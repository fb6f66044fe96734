import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { isPlatformError, type SandboxSpec } from '@sandyard/protocol'
import { createBackOff } from '../sandboxes/back-off.ts'
import { newSandbox } from '../sandboxes/create.ts'
import { planSandbox } from '../sandboxes/plan.ts'
import { failureReason } from '../sandboxes/reason.ts'
import { sandboxSpec } from '../sandboxes/spec.ts'
import { snapshotFor } from '../snapshots/find.ts'
import type { WarmPoolRecord, WarmSandbox } from '../store/warm-pools.ts'
import { isOwn, withoutOrganization } from './own-pool.ts'
import type { WarmParts } from './parts.ts'

/** Callers go first: how long the making of a warm sandbox waits for a quiet moment at most, ms. */
const longestWaitMs = 5_000
/** Time after a create call in which its caller's first commands have the machine for themselves, ms. */
const quietMs = 150

/** Brings pools to what they are to be. */
export interface Filling {
  /** One pass over all pools; resolves when there is nothing left to do, or nothing that can be done now. */
  run(): Promise<void>
  /** Removes the platform's own, before the platform ends: nobody would look after them. */
  leave(): Promise<void>
}

/** Makes it. `isClosed` ends a pass early. */
export function createFilling(parts: WarmParts, isClosed: () => boolean): Filling {
  const { engine, warmPools, quotas, orders, own, callers, clock, log } = parts
  const backOff = createBackOff(clock)
  /** those that this process is making: a crash leaves others in `making`, which nobody makes */
  const making = new Set<string>()

  async function run(): Promise<void> {
    const ownPool = own.pool(entrypointOfDefault(parts))
    const pools = [...(await warmPools.pools()), ...(ownPool === null ? [] : [ownPool])]
    backOff.retain(new Set(pools.map(({ id }) => id)))
    await clear(new Set(pools.map(({ id }) => id)))
    for (const pool of pools) if (!isClosed()) await fill(pool)
    await clear(null)
  }

  /** Settles what is left of a crash and destroys what is given up; without a pool as well. */
  async function clear(poolIds: ReadonlySet<string> | null): Promise<void> {
    const all = await warmPools.all()
    own.retain(new Set(all.map(({ id }) => id)))
    for (const warm of all) {
      if (isClosed()) return
      const { id, poolId, state } = warm
      if (making.has(id) || parts.beingClaimed.has(id)) continue
      const isSound =
        state === 'ready' &&
        (poolIds?.has(poolId) ?? true) &&
        !own.isOld(warm) &&
        (await engine.inspect(id)).state === 'started'
      // From here on no claim can have it.
      if (isSound || (state !== 'gone' && !(await warmPools.move(id, state, 'gone')))) continue
      await destroy(id)
    }
  }

  async function destroy(id: string): Promise<void> {
    try {
      await engine.destroy(id)
      await warmPools.delete(id)
    } catch (error) {
      log.warn({ error, sandboxId: id }, 'a warm sandbox could not be destroyed; it is tried again')
    }
  }

  async function leave(): Promise<void> {
    const left = (await warmPools.all()).filter((warm) => isOwn(warm) && !parts.beingClaimed.has(warm.id))
    // What cannot be destroyed now is not of the next process's making, and it does that first.
    for (const { id, state } of left) if (await warmPools.move(id, state, 'gone')) await destroy(id)
  }

  async function fill(pool: WarmPoolRecord): Promise<void> {
    try {
      const wanted = await specFor(parts, pool)
      const isLacking = async (): Promise<boolean> => (await retain(pool, wanted)) < pool.size && !isClosed()
      if (pool.errorReason !== null && (await isLacking()) && backOff.try(pool.id) === 0) return
      while (await isLacking()) {
        await calm()
        if (!(await make(pool, wanted))) return
      }
      if (pool.errorReason !== null) await note(pool, null)
    } catch (error) {
      if (!isPlatformError(error)) log.warn({ error, poolId: pool.id }, 'a warm pool could not be filled')
      await note(pool, failureReason(error))
      await retain(pool, null)
    }
  }

  /** Gives up what is not as it would be made now, and what is too many; answers how many stay. */
  async function retain(pool: WarmPoolRecord, wanted: SandboxSpec | null): Promise<number> {
    const here = (await warmPools.all()).filter(
      ({ poolId, state }) => poolId === pool.id && state !== 'leaving' && state !== 'gone',
    )
    const fitting = here.filter((warm) => wanted !== null && isDeepStrictEqual(warm.spec, withId(wanted, warm.id)))
    const kept = new Set(fitting.slice(0, pool.size))
    for (const warm of here) if (!kept.has(warm)) await warmPools.move(warm.id, warm.state, 'leaving')
    return kept.size
  }

  /** Makes one; `false` when it failed. */
  async function make(pool: WarmPoolRecord, wanted: SandboxSpec): Promise<boolean> {
    const id = randomUUID()
    const spec = withId(wanted, id)
    const warm: WarmSandbox = {
      id,
      poolId: pool.id,
      organizationId: pool.organizationId,
      state: 'making',
      snapshotRef: spec.snapshot,
      spec,
      createdAtMs: clock(),
    }
    making.add(id)
    own.made(id)
    try {
      // Nobody's count against no limit.
      await warmPools.insert(warm, isOwn(pool) ? undefined : quotas.madeAhead(pool.organizationId, spec))
      await engine.create(spec)
      // The first change of variables loads what takes them inside: no caller is to wait for that.
      await engine.setEnv(id, spec.env)
      await warmPools.move(id, 'making', 'ready')
      return true
    } catch (error) {
      log.warn({ error, poolId: pool.id }, 'a warm sandbox could not be made')
      await note(pool, failureReason(error))
      if (pool.errorReason === null) backOff.try(pool.id)
      await warmPools.move(id, 'making', 'leaving')
      return false
    } finally {
      making.delete(id)
    }
  }

  async function note(pool: WarmPoolRecord, errorReason: string | null): Promise<void> {
    if (pool.errorReason === errorReason) return
    if (isOwn(pool)) return own.note(errorReason)
    await warmPools.updatePool(pool.organizationId, pool.id, { errorReason, updatedAtMs: clock() })
  }

  async function calm(): Promise<void> {
    const latestMs = performance.now() + longestWaitMs
    const isBusy = (): boolean => orders.count() > 0 || performance.now() - callers.lastAtMs < quietMs
    while (isBusy() && performance.now() < latestMs && !isClosed()) await sleep(20)
  }

  return { run, leave }
}

/** What the engine is told of a sandbox of the pool that a caller asks nothing special of, but for its id. */
async function specFor(parts: WarmParts, pool: WarmPoolRecord): Promise<SandboxSpec> {
  const snapshot = await snapshotFor(parts, pool.organizationId, pool.snapshot)
  const plan = planSandbox(parts.config, snapshot, {})
  const spec = sandboxSpec(newSandbox(parts, pool.organizationId, plan, ''))
  return isOwn(pool) ? withoutOrganization(spec) : spec
}

/** What the default snapshot starts by itself: `null` is nothing, `undefined` is no snapshot. */
function entrypointOfDefault({ engine, config }: WarmParts): readonly string[] | null | undefined {
  return engine.snapshots().find(({ name }) => name === config.defaultSnapshot)?.entrypoint
}

function withId(spec: SandboxSpec, id: string): SandboxSpec {
  return { ...spec, id, hostname: id, env: { ...spec.env, DAYTONA_SANDBOX_ID: id } }
}
