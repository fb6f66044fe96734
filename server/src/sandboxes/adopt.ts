import type { DesiredState, SandboxReport, SandboxState } from '@sandyard/protocol'
import type { SandboxPatch, SandboxRecord } from '../store/sandbox-record.ts'
import { destroyedName } from './destroyed-name.ts'

/** What a row must become so that it says what the engine says. */
export interface Adoption {
  readonly to: SandboxState
  readonly patch: SandboxPatch
}

const diskGone = 'Its disk is gone'
const diedUnseen = 'The sandbox stopped while the platform was not running'

/**
 * Compares a row on which no order is under way with the engine's report of it; `null` when they agree, or when
 * only an order can bring them together (a half-done start, stop or delete, which is done again).
 * A report never gives an order: nothing starts again by itself, and only what was never acknowledged goes away.
 */
export function adoptReport(sandbox: SandboxRecord, report: SandboxReport, nowMs: number): Adoption | null {
  const { state, reason } = report
  const becomes = (to: SandboxState, desiredState: DesiredState, errorReason: string | null): Adoption => ({
    to,
    patch: { desiredState, errorReason, lastActivityAtMs: nowMs },
  })
  switch (sandbox.state) {
    case 'creating':
      if (state === 'started') return becomes('started', 'started', null)
      // Its create call was never answered: nobody knows it, so nothing of it stays.
      return { to: 'destroying', patch: { desiredState: 'destroyed', name: destroyedName(sandbox.name, nowMs) } }
    case 'started':
      if (state === 'stopped') return becomes('stopped', 'stopped', reason ?? diedUnseen)
      return state === 'absent' ? becomes('error', 'stopped', reason ?? diskGone) : null
    case 'starting':
      if (state === 'started') return becomes('started', 'started', null)
      return state === 'absent' ? becomes('error', 'stopped', reason ?? diskGone) : null
    case 'stopping':
      if (state === 'stopped') return becomes('stopped', 'stopped', null)
      return state === 'absent' ? becomes('error', 'stopped', reason ?? diskGone) : null
    case 'stopped':
      if (state === 'started') return becomes('started', 'started', null)
      return state === 'absent' ? becomes('error', 'stopped', reason ?? diskGone) : null
    case 'error':
      if (state === 'started') return becomes('started', 'started', null)
      return state === 'stopped' ? becomes('stopped', 'stopped', sandbox.errorReason) : null
    case 'destroying':
      return state === 'absent' ? { to: 'destroyed', patch: {} } : null
    default:
      return null
  }
}
