import type { SandboxRecord } from '../store/sandbox-record.ts'
import type { SnapshotRecord } from '../store/snapshots.ts'
import type { VolumeRecord } from '../store/volumes.ts'

/** A sandbox was made (`before` is null) or has changed. Sent after the store has it. */
export interface SandboxChange {
  readonly before: SandboxRecord | null
  readonly after: SandboxRecord
}

/** A snapshot was made (`before` is null), has changed, or is gone (`after` is null). Sent after the store has it. */
export interface SnapshotChange {
  readonly before: SnapshotRecord | null
  readonly after: SnapshotRecord | null
}

/** A volume was made (`before` is null) or has changed; deleted ones stay for a day. Sent after the store has it. */
export interface VolumeChange {
  readonly before: VolumeRecord | null
  readonly after: VolumeRecord
}

/** Tells the rest of the server what has happened. It carries facts, never orders. */
export interface Feed<Change> {
  publish(change: Change): void
  /** Calls the listener with every change until the returned function is called. */
  subscribe(listener: (change: Change) => void): () => void
}

/** Makes a feed within this process. */
export function createFeed<Change>(): Feed<Change> {
  const listeners = new Set<(change: Change) => void>()
  return {
    publish(change) {
      for (const listener of listeners) listener(change)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
