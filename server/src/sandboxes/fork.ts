import { randomUUID } from 'node:crypto'
import { newPreviewToken } from '../previews/token.ts'
import { secretsOf } from '../secrets/uses.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import { destroyedName } from './destroyed-name.ts'
import { readSandbox } from './find.ts'
import type { SandboxParts } from './parts.ts'
import { failureReason } from './reason.ts'
import { sandboxSpec } from './spec.ts'
import { homeState, requireState } from './states.ts'
import { waitForOrder } from './wait.ts'

/**
 * Makes a sandbox from the disk of a started one, and waits until it is started, or as long as a call may take; its
 * name is the id unless one is given. Both rows are written before the engine hears of it. Throws CONFLICT for a taken
 * name, BAD_REQUEST from any other state; a failure leaves nothing behind.
 */
export async function forkSandbox(
  parts: SandboxParts,
  { id }: SandboxRecord,
  name: string | undefined,
): Promise<SandboxRecord> {
  const childId = randomUUID()
  const order = parts.orders.begin(id, 'changed', async (accept) => {
    const source = await readSandbox(parts.sandboxes, id)
    requireState(source, ['started'], 'Sandbox is not started')
    const child = forkOf(source, { id: childId, name: name ?? childId, nowMs: parts.clock() })
    const forking = await parts.changes.moveWith(source, 'forking', { sandbox: child })
    accept()
    await finishFork(parts, forking)
  })
  await waitForOrder(order.done)
  return readSandbox(parts.sandboxes, childId)
}

/** Does the work of a sandbox in `forking`; also of one that a crash left there. */
export async function finishFork(parts: SandboxParts, source: SandboxRecord): Promise<void> {
  const child = await parts.sandboxes.unmadeFork(source.id)
  try {
    if (child !== undefined) await parts.orders.begin(child.id, 'started', () => makeFork(parts, source, child)).done
  } finally {
    await parts.changes.move(source, homeState(source))
  }
}

async function makeFork(parts: SandboxParts, source: SandboxRecord, child: SandboxRecord): Promise<void> {
  const { engine, changes, clock } = parts
  try {
    await engine.fork(source.id, { ...sandboxSpec(child), ...(await secretsOf(parts.secrets, child)) })
  } catch (error) {
    await dropFork(parts, child, failureReason(error))
    throw error
  }
  await changes.move(child, 'started', { lastActivityAtMs: clock() })
  // What changed while it was made.
  if (child.secrets.length > 0) await parts.secretWork.tellAll([child.id])
}

/** Lets go of a fork that could not be made. */
export async function dropFork(parts: SandboxParts, child: SandboxRecord, errorReason: string): Promise<void> {
  const name = destroyedName(child.name, parts.clock())
  const leaving = await parts.changes.move(child, 'destroying', { desiredState: 'destroyed', name, errorReason })
  await parts.engine.destroy(child.id)
  await parts.changes.move(leaving, 'destroyed')
}

/**
 * The row of a fork: all that the source was made with and set to, but for a link. Its domainAllowList goes with it, unlike
 * the original's (api.md 2.6): a fork must not reach what the source may not.
 */
function forkOf(source: SandboxRecord, born: { id: string; name: string; nowMs: number }): SandboxRecord {
  const { id, name, nowMs } = born
  return {
    ...source,
    id,
    name,
    parentId: source.id,
    linkedSandboxId: null,
    buildInfo: null,
    state: 'creating',
    desiredState: 'started',
    errorReason: null,
    isRecoverable: false,
    wanted: null,
    isIdle: false,
    previewToken: newPreviewToken(),
    signingKey: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    lastActivityAtMs: nowMs,
  }
}
