import { PlatformError, type SandboxLink } from '@sandyard/protocol'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import type { SandboxStore } from '../store/sandboxes.ts'
import { findSandbox } from './find.ts'
import type { CreateBody } from './plan.ts'
import { requireState } from './states.ts'

/** Most sandboxes that follow one. */
export const mostFollowers = 32

/**
 * The sandbox that a new one is to follow, by id or name (api.md 2.3); null when it asks for none. Throws NOT_FOUND for one
 * of somebody else, BAD_REQUEST for one that is neither started nor stopped or follows another, and unless the new one
 * is ephemeral.
 */
export async function planLink(
  sandboxes: SandboxStore,
  organizationId: string,
  { linkedSandbox, autoDeleteInterval }: Pick<CreateBody, 'linkedSandbox' | 'autoDeleteInterval'>,
): Promise<string | null> {
  const asked = linkedSandbox?.trim() ?? ''
  if (asked === '') return null
  if (autoDeleteInterval !== 0) throw new PlatformError('BAD_REQUEST', notEphemeral)
  const leader = await findSandbox(sandboxes, organizationId, asked)
  requireState(leader, ['started', 'stopped'], 'The linked sandbox is neither started nor stopped')
  if (leader.linkedSandboxId !== null) {
    throw new PlatformError('BAD_REQUEST', 'The linked sandbox is linked to another one itself')
  }
  if ((await sandboxes.followers(leader.id, mostFollowers)).length >= mostFollowers) {
    throw new PlatformError('BAD_REQUEST', `At most ${mostFollowers} sandboxes can be linked to one`)
  }
  return leader.id
}

/** Why a sandbox that is linked to another must go when it stops. */
export const notEphemeral = 'A linked sandbox must be ephemeral: its autoDeleteInterval must be 0'

/** The link of a sandbox as the engine is told it, with names that are known inside; none when it follows nobody. */
export async function linkOf(
  sandboxes: SandboxStore,
  { linkedSandboxId, name }: SandboxRecord,
): Promise<{ readonly link?: SandboxLink }> {
  if (linkedSandboxId === null) return {}
  const leader = await sandboxes.byId(linkedSandboxId)
  return { link: { sandboxId: linkedSandboxId, name: leader?.name ?? '', ownName: name } }
}
