import { PlatformError, type SandboxState } from '@sandyard/protocol'
import type { Quotas } from '../quotas/quotas.ts'
import type { BuildRecord, BuildStore } from '../store/builds.ts'
import type { Guard } from '../store/guard.ts'
import type { SandboxPatch, SandboxRecord } from '../store/sandbox-record.ts'
import type { Newborn, SandboxStore } from '../store/sandboxes.ts'
import type { WarmPoolStore, WarmSandbox } from '../store/warm-pools.ts'
import type { Feed, SandboxChange, SnapshotChange } from './feed.ts'

/** The only way in which sandboxes are written: the store first, then the feed. */
export interface Changes {
  /** Writes a new sandbox. Throws CONFLICT when its name is taken, BAD_REQUEST when it passes a limit. */
  insert(sandbox: SandboxRecord): Promise<void>
  /** Writes a new sandbox with the build that it waits for, one that is there or `wanted`. Throws as `insert`. */
  insertBuilt(wanted: BuildRecord, sandbox: (build: BuildRecord) => SandboxRecord): Promise<SandboxRecord>
  /**
   * Turns a warm sandbox into this one. `false` when it is no longer in the state it was found in; throws CONFLICT when
   * the name is taken, BAD_REQUEST when it passes a limit.
   */
  claim(sandbox: SandboxRecord, from: WarmSandbox['state']): Promise<boolean>
  /** Answers and throws what `claim` would, and changes nothing. */
  rehearseClaim(sandbox: SandboxRecord, from: WarmSandbox['state']): Promise<boolean>
  /** Takes a sandbox from the state it was read in to the next. Throws CONFLICT when it has moved meanwhile. */
  move(sandbox: SandboxRecord, to: SandboxState, patch?: SandboxPatch): Promise<SandboxRecord>
  /** The same for a change that somebody asks for and that may take more: throws BAD_REQUEST when it passes a limit. */
  moveWithin(sandbox: SandboxRecord, to: SandboxState, patch?: SandboxPatch): Promise<SandboxRecord>
  /** The same, and something is born with it. Throws CONFLICT also when its name is taken, BAD_REQUEST past a limit. */
  moveWith(sandbox: SandboxRecord, to: SandboxState, newborn: Newborn): Promise<SandboxRecord>
  /** Changes settings. Throws CONFLICT when the sandbox is being deleted. */
  update(sandbox: SandboxRecord, patch: SandboxPatch): Promise<SandboxRecord>
  /** Gives the sandbox this signing key unless it has one already. Throws CONFLICT when it is being deleted. */
  giveSigningKey(sandbox: SandboxRecord, key: string): Promise<SandboxRecord>
}

/** What it needs. */
interface Parts {
  readonly sandboxes: SandboxStore
  readonly builds: Pick<BuildStore, 'join'>
  readonly warmPools: Pick<WarmPoolStore, 'claim'>
  readonly quotas: Pick<Quotas, 'sandbox' | 'snapshot'>
  readonly feed: Feed<SandboxChange>
  readonly snapshotFeed: Feed<SnapshotChange>
  readonly clock: () => number
}

/** Makes the writer. */
export function createChanges({ sandboxes, builds, warmPools, quotas, feed, snapshotFeed, clock }: Parts): Changes {
  async function move(sandbox: SandboxRecord, to: SandboxState, patch: SandboxPatch, guard?: Guard) {
    const change = { id: sandbox.id, from: sandbox.state, to, patch, nowMs: clock() }
    const after = await sandboxes.changeState(change, guard)
    if (after === undefined) throw new PlatformError('CONFLICT', 'Sandbox was modified by another operation')
    feed.publish({ before: sandbox, after })
    return after
  }

  function guardOf(newborn: Newborn): Guard {
    return 'sandbox' in newborn
      ? quotas.sandbox(null, newborn.sandbox)
      : quotas.snapshot(newborn.snapshot.organizationId)
  }

  async function claim(sandbox: SandboxRecord, from: WarmSandbox['state'], isRehearsal: boolean): Promise<boolean> {
    const outcome = await warmPools.claim(sandbox, from, { guard: quotas.sandbox(null, sandbox), isRehearsal })
    if (outcome === 'taken') throw new PlatformError('CONFLICT', nameTaken({ sandbox }))
    return outcome === 'claimed'
  }

  return {
    async insert(sandbox) {
      if (!(await sandboxes.insert(sandbox, quotas.sandbox(null, sandbox)))) {
        throw new PlatformError('CONFLICT', nameTaken({ sandbox }))
      }
      feed.publish({ before: null, after: sandbox })
    },
    async insertBuilt(wanted, sandbox) {
      const born = (build: BuildRecord) => ({ sandbox: sandbox(build) })
      const joined = await builds.join(wanted, born, guardOf(born(wanted)))
      if (joined === 'taken') throw new PlatformError('CONFLICT', nameTaken(born(wanted)))
      feed.publish({ before: null, after: joined.newborn.sandbox })
      return joined.newborn.sandbox
    },
    rehearseClaim: (sandbox, from) => claim(sandbox, from, true),
    async claim(sandbox, from) {
      if (!(await claim(sandbox, from, false))) return false
      feed.publish({ before: null, after: sandbox })
      return true
    },
    move: (sandbox, to, patch = {}) => move(sandbox, to, patch),
    moveWithin(sandbox, to, patch = {}) {
      return move(sandbox, to, patch, quotas.sandbox(sandbox, { ...sandbox, ...patch, state: to }))
    },
    async moveWith(sandbox, to, newborn) {
      const change = { id: sandbox.id, from: sandbox.state, to, patch: {}, nowMs: clock() }
      const after = await sandboxes.changeStateWith(change, newborn, guardOf(newborn))
      if (after === undefined) throw new PlatformError('CONFLICT', 'Sandbox was modified by another operation')
      if (after === 'taken') throw new PlatformError('CONFLICT', nameTaken(newborn))
      feed.publish({ before: sandbox, after })
      if ('sandbox' in newborn) feed.publish({ before: null, after: newborn.sandbox })
      else snapshotFeed.publish({ before: null, after: newborn.snapshot })
      return after
    },
    async update(sandbox, patch) {
      const after = await sandboxes.update(
        sandbox.id,
        patch,
        clock(),
        quotas.sandbox(sandbox, { ...sandbox, ...patch }),
      )
      if (after === undefined) throw new PlatformError('CONFLICT', 'Sandbox state change in progress')
      feed.publish({ before: sandbox, after })
      return after
    },
    async giveSigningKey(sandbox, key) {
      const after = await sandboxes.giveSigningKey(sandbox.id, key)
      if (after === undefined) throw new PlatformError('CONFLICT', 'Sandbox state change in progress')
      feed.publish({ before: sandbox, after })
      return after
    },
  }
}

function nameTaken(newborn: Newborn): string {
  if ('sandbox' in newborn) return `Sandbox with name ${newborn.sandbox.name} already exists`
  return `Snapshot with name ${newborn.snapshot.name} already exists`
}
