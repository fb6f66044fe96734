import { PlatformError } from '@sandyard/protocol'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import type { SandboxStore } from '../store/sandboxes.ts'

/** Most forks that are listed (api.md 2.6). */
export const mostForks = 100
/** Most ancestors that are listed (api.md 2.6). */
const mostAncestors = 50

/** The sandbox that this one was forked from. Throws NOT_FOUND when there is none, or it is gone. */
export async function parentOf(sandboxes: SandboxStore, sandbox: SandboxRecord): Promise<SandboxRecord> {
  const parent = await readParent(sandboxes, sandbox)
  if (parent === undefined || parent.state === 'destroyed') {
    throw new PlatformError('NOT_FOUND', `Sandbox with ID or name ${sandbox.id} has no parent`)
  }
  return parent
}

/** The line of sandboxes that this one was forked from, the first one first; those that are gone are left out. */
export async function ancestorsOf(sandboxes: SandboxStore, sandbox: SandboxRecord): Promise<SandboxRecord[]> {
  const line: SandboxRecord[] = []
  let next = await readParent(sandboxes, sandbox)
  while (next !== undefined && line.length < mostAncestors) {
    line.unshift(next)
    next = await readParent(sandboxes, next)
  }
  return line.filter(({ state }) => state !== 'destroyed')
}

async function readParent(sandboxes: SandboxStore, { parentId }: SandboxRecord): Promise<SandboxRecord | undefined> {
  return parentId === null ? undefined : sandboxes.byId(parentId)
}
