import { randomUUID } from 'node:crypto'
import { type ErrorCode, isPlatformError, PlatformError } from '@sandyard/protocol'
import { newPreviewToken } from '../previews/token.ts'
import { secretsOf } from '../secrets/uses.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import { destroyedName } from './destroyed-name.ts'
import { readSandbox } from './find.ts'
import { endOf } from './intervals.ts'
import { linkOf } from './link.ts'
import type { SandboxParts } from './parts.ts'
import type { SandboxPlan } from './plan.ts'
import { failureReason } from './reason.ts'
import { sandboxSpec } from './spec.ts'
import { waitForOrder } from './wait.ts'

/**
 * Makes a sandbox, or takes one that was made ahead, and waits until it is started, or as long as a call may take. The
 * row is written before the engine hears of it. Throws CONFLICT for a taken name, BAD_REQUEST when it failed to start;
 * what the engine refuses leaves nothing behind.
 */
export async function createSandbox(
  parts: SandboxParts,
  organizationId: string,
  plan: SandboxPlan,
): Promise<SandboxRecord> {
  const record = (id: string): SandboxRecord => newSandbox(parts, organizationId, plan, id)
  // What is mounted cannot be changed any more (api.md 2.4).
  const isPlain = plan.volumes.length === 0 && plan.linkedSandboxId === null
  const warm = isPlain ? await parts.warm.claim({ organizationId, snapshotRef: plan.snapshotRef, record }) : null
  if (warm !== null) return warm
  const sandbox = record(randomUUID())
  const order = parts.orders.begin(sandbox.id, 'started', async (accept) => {
    await parts.changes.insert(sandbox)
    accept()
    await finishCreate(parts, sandbox)
  })
  await waitForOrder(order.done)
  return readSandbox(parts.sandboxes, sandbox.id)
}

/** Refusals of the engine: there is no room, or the order itself is wrong (an unknown user). */
const leavesNothing: ReadonlySet<ErrorCode> = new Set(['INSUFFICIENT_CAPACITY', 'BAD_REQUEST'])

/** Does the work of a sandbox in `creating`. */
export async function finishCreate(parts: SandboxParts, sandbox: SandboxRecord): Promise<void> {
  const { engine, changes, clock } = parts
  try {
    await engine.create({
      ...sandboxSpec(sandbox),
      ...(await linkOf(parts.sandboxes, sandbox)),
      ...(await secretsOf(parts.secrets, sandbox)),
    })
  } catch (error) {
    // Of one that was built somebody knows already: it stays, and says why it failed.
    if (isPlatformError(error) && leavesNothing.has(error.code) && sandbox.buildInfo === null) {
      const name = destroyedName(sandbox.name, clock())
      const leaving = await changes.move(sandbox, 'destroying', { desiredState: 'destroyed', name })
      await changes.move(leaving, 'destroyed')
      throw error
    }
    const errorReason = failureReason(error)
    await changes.move(sandbox, 'error', { errorReason })
    throw new PlatformError('BAD_REQUEST', `Sandbox failed to start: ${errorReason}`, { cause: error })
  }
  await changes.move(sandbox, 'started', { lastActivityAtMs: clock() })
  // What changed while it was made.
  if (sandbox.secrets.length > 0) await parts.secretWork.tellAll([sandbox.id])
}

/** The row of a sandbox that is about to be made. */
export function newSandbox(
  { config, clock }: Pick<SandboxParts, 'config' | 'clock'>,
  organizationId: string,
  plan: SandboxPlan,
  id: string,
): SandboxRecord {
  const nowMs = clock()
  const { ttlMinutes, ...planned } = plan
  return {
    ...planned,
    id,
    organizationId,
    region: config.region.id,
    sandboxClass: 'container',
    name: planned.name ?? id,
    state: 'creating',
    desiredState: 'started',
    errorReason: null,
    isRecoverable: false,
    parentId: null,
    wanted: null,
    autoDestroyAtMs: endOf(ttlMinutes, nowMs),
    isIdle: false,
    previewToken: newPreviewToken(),
    signingKey: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    lastActivityAtMs: nowMs,
  }
}
