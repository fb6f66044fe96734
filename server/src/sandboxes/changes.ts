import { PlatformError, type SandboxState } from '@sandyard/protocol'
import type { SandboxPatch, SandboxRecord } from '../store/sandbox-record.ts'
import type { SandboxStore } from '../store/sandboxes.ts'
import type { Feed } from './feed.ts'

/** The only way in which sandboxes are written: the store first, then the feed. */
export interface Changes {
  /** Writes a new sandbox. Throws CONFLICT when its name is taken. */
  insert(sandbox: SandboxRecord): Promise<void>
  /** Takes a sandbox from the state it was read in to the next. Throws CONFLICT when it has moved meanwhile. */
  move(sandbox: SandboxRecord, to: SandboxState, patch?: SandboxPatch): Promise<SandboxRecord>
  /** Changes settings. Throws CONFLICT when the sandbox is being deleted. */
  update(sandbox: SandboxRecord, patch: SandboxPatch): Promise<SandboxRecord>
  /** Gives the sandbox this signing key unless it has one already. Throws CONFLICT when it is being deleted. */
  giveSigningKey(sandbox: SandboxRecord, key: string): Promise<SandboxRecord>
}

/** Makes the writer. */
export function createChanges(parts: { sandboxes: SandboxStore; feed: Feed; clock: () => number }): Changes {
  const { sandboxes, feed, clock } = parts
  return {
    async insert(sandbox) {
      if (!(await sandboxes.insert(sandbox))) {
        throw new PlatformError('CONFLICT', `Sandbox with name ${sandbox.name} already exists`)
      }
      feed.publish({ before: null, after: sandbox })
    },
    async move(sandbox, to, patch = {}) {
      const change = { id: sandbox.id, from: sandbox.state, to, patch, nowMs: clock() }
      const after = await sandboxes.changeState(change)
      if (after === undefined) throw new PlatformError('CONFLICT', 'Sandbox was modified by another operation')
      feed.publish({ before: sandbox, after })
      return after
    },
    async update(sandbox, patch) {
      const after = await sandboxes.update(sandbox.id, patch, clock())
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
