import { wireDate } from '../wire-date.ts'
import type { OutboxEvent } from './outbox.ts'

/** What events tell of a sandbox. */
interface Sandbox {
  readonly id: string
  readonly organizationId: string
  readonly sandboxClass: string
  readonly state: string
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** What events tell of a snapshot or volume. */
interface Named {
  readonly id: string
  readonly organizationId: string
  readonly name: string
  readonly state: string
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** A sandbox was made. */
export function sandboxCreated(sandbox: Sandbox): OutboxEvent {
  const { id, organizationId, state, sandboxClass, createdAtMs } = sandbox
  const data = { id, organizationId, state, class: sandboxClass, createdAt: wireDate(createdAtMs) }
  return { type: 'sandbox.created', organizationId, data, nowMs: createdAtMs }
}

/** A sandbox has gone to another state. */
export function sandboxMoved(oldState: string, sandbox: Sandbox): OutboxEvent {
  const { id, organizationId, state: newState, updatedAtMs } = sandbox
  const data = { id, organizationId, oldState, newState, updatedAt: wireDate(updatedAtMs) }
  return { type: 'sandbox.state.updated', organizationId, data, nowMs: updatedAtMs }
}

/** A snapshot or volume was made. */
export function namedCreated(kind: 'snapshot' | 'volume', made: Named): OutboxEvent {
  const { id, name, organizationId, state, createdAtMs } = made
  const data = { id, name, organizationId, state, createdAt: wireDate(createdAtMs) }
  return { type: `${kind}.created`, organizationId, data, nowMs: createdAtMs }
}

/** A snapshot or volume has gone to another state. */
export function namedMoved(kind: 'snapshot' | 'volume', oldState: string, moved: Named): OutboxEvent {
  const { id, name, organizationId, state: newState, updatedAtMs } = moved
  const data = { id, name, organizationId, oldState, newState, updatedAt: wireDate(updatedAtMs) }
  return { type: `${kind}.state.updated`, organizationId, data, nowMs: updatedAtMs }
}

/** The row of a snapshot is gone. */
export function snapshotRemoved(snapshot: Named, nowMs: number): OutboxEvent {
  const { id, name, organizationId } = snapshot
  const data = { id, name, organizationId, removedAt: wireDate(nowMs) }
  return { type: 'snapshot.removed', organizationId, data, nowMs }
}
