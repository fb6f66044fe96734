import { notFound } from '../not-found.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import type { SandboxStore } from '../store/sandboxes.ts'

/** A sandbox of the organization by id or name. Throws NOT_FOUND, also for those of others and destroyed ones. */
export async function findSandbox(
  sandboxes: SandboxStore,
  organizationId: string,
  idOrName: string,
): Promise<SandboxRecord> {
  const sandbox = await sandboxes.byIdOrName(organizationId, idOrName)
  if (sandbox === undefined) {
    throw notFound('Sandbox with ID or name', idOrName)
  }
  return sandbox
}

/** The sandbox as it is now. Throws NOT_FOUND when it is gone. */
export async function readSandbox(sandboxes: SandboxStore, id: string): Promise<SandboxRecord> {
  const sandbox = await sandboxes.byId(id)
  if (sandbox === undefined) throw notFound('Sandbox with ID or name', id)
  return sandbox
}
