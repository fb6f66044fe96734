import {
  type EngineState,
  restingStates,
  type SandboxReport,
  type SandboxState,
  waitingStates,
} from '@sandyard/protocol'
import type { SandboxPatch, SandboxRecord } from '../store/sandbox-record.ts'
import { destroyedName } from './destroyed-name.ts'
import { diskGone } from './give-up.ts'
import { homeState } from './states.ts'

/** What a row must become so that it says what the engine says. */
export interface Adoption {
  readonly to: SandboxState
  readonly patch: SandboxPatch
}

const diedUnseen = 'The sandbox stopped while the platform was not running'

/** Where an order leads that takes a sandbox from one state to another. */
const leadsTo: Partial<Record<SandboxState, EngineState>> = {
  starting: 'started',
  resuming: 'started',
  restoring: 'started',
  stopping: 'stopped',
  pausing: 'paused',
  archiving: 'archived',
}

/** What the engine says of a sandbox while such an order is half done: the order is done again. */
const halfWay: Partial<Record<SandboxState, readonly EngineState[]>> = {
  starting: ['stopped'],
  resuming: ['paused'],
  restoring: ['archived', 'stopped'],
  stopping: ['started', 'paused'],
  pausing: ['started'],
  archiving: ['stopped'],
}

/**
 * Compares a row on which no order is under way with the engine's report of it; `null` when they agree, or when
 * only an order can bring them together (a half-done change, which is done again).
 * A report never gives an order: nothing starts again by itself, and only what was never acknowledged goes away.
 */
export function adoptReport(sandbox: SandboxRecord, report: SandboxReport, nowMs: number): Adoption | null {
  const { state } = sandbox
  if (state === 'destroyed' || state === 'build_failed' || waitingStates.has(state)) return null
  if (state === 'destroying') return report.state === 'absent' ? { to: 'destroyed', patch: {} } : null
  if (state === 'creating') return adoptNewborn(sandbox, report, nowMs)
  if (restingStates.has(state)) return agrees(sandbox, report) ? null : rest(sandbox, report, nowMs)
  if (leadsTo[state] !== undefined) return isHalfWay(sandbox, report) ? null : rest(sandbox, report, nowMs)
  return adoptWhileChanging(sandbox, report, nowMs)
}

function agrees({ state, desiredState, isRecoverable }: SandboxRecord, report: SandboxReport): boolean {
  if (state !== 'error') return report.state === state && desiredState === state
  // What failed on its way up stays in error until somebody recovers it, though its disk is there.
  const isDown = report.state === 'stopped' || report.state === 'archived'
  return report.state === 'absent' || (isRecoverable && isDown)
}

function isHalfWay({ state, desiredState }: SandboxRecord, report: SandboxReport): boolean {
  // A start was asked for while it was packed away: it is still to come.
  const isToStart = state === 'archiving' && desiredState === 'started'
  return halfWay[state]?.includes(report.state) === true || (isToStart && report.state === 'archived')
}

/** Its row says what the engine says, and wants nothing else. */
function rest(sandbox: SandboxRecord, report: SandboxReport, nowMs: number): Adoption {
  const { state } = report
  if (state === 'absent') return lost(report, nowMs)
  const patch = { desiredState: state, errorReason: reasonOf(sandbox, report), isRecoverable: false }
  if (state === 'started') return { to: state, patch: { ...patch, isIdle: false, lastActivityAtMs: nowMs } }
  // An archived one keeps the time of its stop: its own clock counts from there.
  return { to: state, patch: state === 'archived' ? patch : { ...patch, lastActivityAtMs: nowMs } }
}

function lost({ reason = diskGone }: SandboxReport, nowMs: number): Adoption {
  const patch = { desiredState: 'stopped', errorReason: reason, isRecoverable: false, wanted: null } as const
  return { to: 'error', patch: { ...patch, lastActivityAtMs: nowMs } }
}

/** One that was running and is not any more says why. */
function reasonOf({ state, errorReason }: SandboxRecord, report: SandboxReport): string | null {
  if (report.state === 'started' || report.state === 'paused') return null
  if (state === 'started' || state === 'paused' || state === 'pausing' || state === 'resuming') {
    return report.reason ?? diedUnseen
  }
  return state === 'error' || state === 'archived' || state === 'archiving' ? errorReason : null
}

function adoptNewborn(sandbox: SandboxRecord, report: SandboxReport, nowMs: number): Adoption | null {
  if (report.state === 'started') return rest(sandbox, report, nowMs)
  if (sandbox.parentId !== null || sandbox.buildInfo !== null) {
    // Whoever asked for a fork or a build may know it: it is made again, and what stopped meanwhile stays.
    return report.state === 'stopped' ? rest({ ...sandbox, state: 'started' }, report, nowMs) : null
  }
  // Its create call was never answered: nobody knows it, so nothing of it stays.
  return { to: 'destroying', patch: { desiredState: 'destroyed', name: destroyedName(sandbox.name, nowMs) } }
}

/** The change goes on, and ends where the sandbox is now. */
function adoptWhileChanging(sandbox: SandboxRecord, report: SandboxReport, nowMs: number): Adoption | null {
  const { state, reason } = report
  if (state === 'absent') return lost(report, nowMs)
  if (state === homeState(sandbox) || (state !== 'started' && state !== 'stopped')) return null
  const errorReason = state === 'stopped' ? (reason ?? diedUnseen) : null
  return { to: sandbox.state, patch: { desiredState: state, errorReason, lastActivityAtMs: nowMs } }
}
