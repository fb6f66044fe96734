import type { SandboxRecord } from '../store/sandbox-record.ts'

/** A sandbox was made (`before` is null) or has changed. Sent after the store has it. */
export interface SandboxChange {
  readonly before: SandboxRecord | null
  readonly after: SandboxRecord
}

/** Tells the rest of the server what has happened to sandboxes. It carries facts, never orders. */
export interface Feed {
  publish(change: SandboxChange): void
  /** Calls the listener with every change until the returned function is called. */
  subscribe(listener: (change: SandboxChange) => void): () => void
}

/** Makes a feed within this process. */
export function createFeed(): Feed {
  const listeners = new Set<(change: SandboxChange) => void>()
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
