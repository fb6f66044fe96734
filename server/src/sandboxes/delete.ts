import { PlatformError, restingStates, waitingStates } from '@sandyard/protocol'
import type { SandboxRecord, SandboxSummary } from '../store/sandbox-record.ts'
import { destroyedName } from './destroyed-name.ts'
import { readSandbox } from './find.ts'
import { mostFollowers } from './link.ts'
import type { SandboxParts } from './parts.ts'

/**
 * Deletes a sandbox as a caller asks for it. Throws BAD_REQUEST while forks of it are there (api.md 2.6), CONFLICT
 * while another change is under way.
 */
export async function deleteAsAsked(parts: SandboxParts, sandbox: SandboxRecord): Promise<SandboxRecord> {
  if (await parts.sandboxes.hasForks(sandbox.id)) {
    throw new PlatformError('BAD_REQUEST', 'Sandbox has forks; delete them first')
  }
  return deleteSandbox(parts, sandbox)
}

/**
 * Marks a sandbox for deletion and answers; the work goes on by itself, after a crash too. Its name is free at once.
 * Its forks do not hinder it: they stand on disks of their own. Throws CONFLICT while another change is under way.
 */
export async function deleteSandbox(parts: SandboxParts, { id }: SandboxSummary): Promise<SandboxRecord> {
  const order = parts.orders.begin(id, 'destroyed', async (accept) => {
    const sandbox = await readSandbox(parts.sandboxes, id)
    if (sandbox.state === 'destroyed') return
    const leaving = await mark(parts, sandbox)
    accept()
    await deleteFollowers(parts, id)
    await finishDelete(parts, leaving)
  })
  await order.accepted
  return readSandbox(parts.sandboxes, id)
}

/** Does the work of a sandbox in `destroying`; also of one that a crash left there. */
export async function finishDelete(parts: SandboxParts, sandbox: SandboxRecord): Promise<void> {
  await parts.engine.destroy(sandbox.id)
  await parts.changes.move(sandbox, 'destroyed')
}

/** Sandboxes that are linked to one go with it; one that cannot go just now is deleted by a later round (api.md 2.6). */
async function deleteFollowers(parts: SandboxParts, leaderId: string): Promise<void> {
  for (const follower of await parts.sandboxes.followers(leaderId, 2 * mostFollowers)) {
    await deleteSandbox(parts, follower).catch((error: unknown) =>
      parts.log.info({ error, sandboxId: follower.id }, 'a linked sandbox is deleted later'),
    )
  }
}

async function mark(parts: SandboxParts, sandbox: SandboxRecord): Promise<SandboxRecord> {
  if (sandbox.state === 'destroying') return sandbox
  const isIdle = restingStates.has(sandbox.state) || waitingStates.has(sandbox.state)
  if (!isIdle) throw new PlatformError('CONFLICT', 'Sandbox state change in progress')
  const name = destroyedName(sandbox.name, parts.clock())
  return parts.changes.move(sandbox, 'destroying', { desiredState: 'destroyed', name })
}
