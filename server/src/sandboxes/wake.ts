import { isPlatformError, PlatformError, type SandboxState, type WakeAnswer } from '@sandyard/protocol'
import { isSuspended } from '../auth/standing.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import type { Store } from '../store/store.ts'
import type { SandboxParts } from './parts.ts'
import { startPatch, startSandbox } from './start.ts'
import { reachableState } from './states.ts'

/** After a start that failed none is tried for so long, ms: twice as long each time. */
const restMs = { first: 5_000, longest: 300_000 }
/** Sandboxes whose failed starts are remembered. */
const keptFailures = 10_000

/** States that a sandbox rests in, or is about to. */
const restful: ReadonlySet<SandboxState> = new Set([
  'stopping',
  'stopped',
  'pausing',
  'paused',
  'archiving',
  'archived',
])

/** True when a request of somebody who may pass shall start the sandbox. One that failed is left to its users. */
export function mayWake(sandbox: SandboxRecord): boolean {
  return restful.has(reachableState(sandbox)) && (sandbox.autoWake ?? sandbox.isIdle)
}

/** The word of the wire. Throws BAD_REQUEST for any other. */
export function parseAutoWake(text: string | undefined): boolean | null {
  if (text === 'idle') return null
  if (text === 'true' || text === 'false') return text === 'true'
  throw new PlatformError('BAD_REQUEST', 'mode must be true, false or idle')
}

/** What it needs. */
interface Parts extends SandboxParts {
  readonly accounts: Pick<Store['accounts'], 'organization'>
}

/**
 * Makes what starts sandboxes for requests. All that ask at the same time share one start. The preview token stays:
 * whoever has woken the sandbox with it is to get in.
 */
export function createWake(parts: Parts): (sandboxId: string) => Promise<WakeAnswer> {
  const { sandboxes, accounts, clock, log } = parts
  const pending = new Map<string, Promise<WakeAnswer>>()
  const failures = new Map<string, { readonly count: number; readonly untilMs: number; readonly reason: string }>()

  async function wake(sandboxId: string): Promise<WakeAnswer> {
    const sandbox = await sandboxes.byId(sandboxId)
    if (sandbox === undefined) return refused('There is no such sandbox')
    if (sandbox.state === 'started') return { kind: 'started' }
    if (!mayWake(sandbox)) return isUnderWay(sandbox) ? { kind: 'coming' } : refused('It starts for nobody by itself')
    // What is on its way to rest cannot be turned round, but what is being packed away starts when that is done.
    if (sandbox.state === 'stopping' || sandbox.state === 'pausing') return { kind: 'coming' }
    const organization = await accounts.organization(sandbox.organizationId)
    if (organization === undefined || isSuspended(organization, clock())) return refused('It may not start now')
    const failure = failures.get(sandboxId)
    if (failure !== undefined && failure.untilMs > clock()) {
      return { kind: 'refused', reason: failure.reason, retryAfterMs: failure.untilMs - clock() }
    }
    return start(sandbox)
  }

  async function start(sandbox: SandboxRecord): Promise<WakeAnswer> {
    const { id, organizationId } = sandbox
    log.info({ sandboxId: id }, 'a request starts a sandbox')
    try {
      const { previewToken: _, ...patch } = startPatch(parts)
      const { state } = await startSandbox(parts, sandbox, patch)
      failures.delete(id)
      await parts.auditLog.note(organizationId, { action: 'auto_wake', targetType: 'sandbox', targetId: id })
      return { kind: state === 'started' ? 'started' : 'coming' }
    } catch (error) {
      // Somebody else has begun a change: whoever waits sees where it leads.
      if (isPlatformError(error) && error.code === 'CONFLICT') return { kind: 'coming' }
      if (!isPlatformError(error)) log.error({ error, sandboxId: id }, 'a sandbox could not be started for a request')
      return fail(id, isPlatformError(error) ? error.message : 'It could not be started')
    }
  }

  function fail(id: string, reason: string): WakeAnswer {
    const count = (failures.get(id)?.count ?? 0) + 1
    const retryAfterMs = Math.min(restMs.first * 2 ** (count - 1), restMs.longest)
    failures.delete(id)
    failures.set(id, { count, untilMs: clock() + retryAfterMs, reason })
    if (failures.size > keptFailures) failures.delete(failures.keys().next().value ?? '')
    return { kind: 'refused', reason, retryAfterMs }
  }

  return (sandboxId) => {
    const current = pending.get(sandboxId)
    if (current !== undefined) return current
    const waking = wake(sandboxId).finally(() => pending.delete(sandboxId))
    pending.set(sandboxId, waking)
    return waking
  }
}

/** On its way up already. */
const coming: ReadonlySet<SandboxState> = new Set(['creating', 'starting', 'resuming', 'restoring'])

function isUnderWay(sandbox: SandboxRecord): boolean {
  return coming.has(reachableState(sandbox))
}

function refused(reason: string): WakeAnswer {
  return { kind: 'refused', reason, retryAfterMs: null }
}
