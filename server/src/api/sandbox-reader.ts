import type { MemberPrincipal } from '../auth/principal.ts'
import type { Site } from '../previews/site.ts'
import type { Activity } from '../sandboxes/activity.ts'
import { findSandbox } from '../sandboxes/find.ts'
import type { SandboxParts } from '../sandboxes/parts.ts'
import { toWire, type WireSandbox } from '../sandboxes/wire.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'

/** Last uses that the store does not have yet, and a way to note one. */
export type Uses = Pick<Activity, 'touch' | 'unwritten'>

/** Any call on one sandbox. */
export interface SandboxCall {
  readonly principal: MemberPrincipal
  readonly site: Site
}

/** How calls read sandboxes. */
export interface Reader {
  /** One of the caller's organization. Throws NOT_FOUND. */
  find(call: SandboxCall, idOrName: string): Promise<SandboxRecord>
  /** As this caller is answered. */
  wire(call: SandboxCall, sandbox: SandboxRecord): WireSandbox
  /** With a use that the store does not have yet. */
  withActivity<Read extends Pick<SandboxRecord, 'id' | 'lastActivityAtMs'>>(sandbox: Read): Read
}

/** Makes the reader. */
export function createReader({ sandboxes, activity }: Pick<SandboxParts, 'sandboxes'> & { activity: Uses }): Reader {
  function withActivity<Read extends Pick<SandboxRecord, 'id' | 'lastActivityAtMs'>>(sandbox: Read): Read {
    const atMs = activity.unwritten(sandbox.id) ?? 0
    return atMs > sandbox.lastActivityAtMs ? { ...sandbox, lastActivityAtMs: atMs } : sandbox
  }
  return {
    find: ({ principal }, idOrName) => findSandbox(sandboxes, principal.organizationId, idOrName),
    wire: ({ site }, sandbox) => toWire(withActivity(sandbox), site),
    withActivity,
  }
}
