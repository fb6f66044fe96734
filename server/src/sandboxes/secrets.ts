import { planSecrets, type WantedSecrets } from '../secrets/plan.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import { readSandbox } from './find.ts'
import type { SandboxParts } from './parts.ts'
import { requireState } from './states.ts'
import { waitForOrder } from './wait.ts'

/**
 * Gives a sandbox these secrets and no others, and waits until its engine knows them; of a paused one it is told when
 * that goes on. Throws BAD_REQUEST for secrets that are not there, and while it is in `error`. What is written holds: when
 * the engine fails, the call fails too, and a later round tells it again.
 */
export async function setSecrets(
  parts: SandboxParts,
  { id }: SandboxRecord,
  wanted: WantedSecrets,
): Promise<SandboxRecord> {
  const order = parts.orders.begin(id, 'changed', async (accept) => {
    const sandbox = await readSandbox(parts.sandboxes, id)
    requireState(sandbox, ['started', 'paused', 'stopped', 'archived'], 'Sandbox is not in valid state')
    const secrets = await planSecrets(parts.secrets, sandbox, wanted)
    await parts.changes.update(sandbox, { secrets })
    accept()
    await parts.secretWork.tell(id)
  })
  await waitForOrder(order.done)
  return readSandbox(parts.sandboxes, id)
}
