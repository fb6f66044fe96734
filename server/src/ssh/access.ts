import type { SandboxState, SshAnswer, SshRequest } from '@sandyard/protocol'
import type { OrganizationRules } from '../accounts/organization-rules.ts'
import type { Makers } from '../auth/makers.ts'
import { digest } from '../random.ts'
import { reachableState } from '../sandboxes/states.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import type { SshAccessRecord } from '../store/ssh-accesses.ts'
import type { Store } from '../store/store.ts'
import { sshToken } from './tokens.ts'

/** What it needs. */
interface Parts {
  readonly store: Pick<Store, 'sandboxes' | 'sshAccesses'>
  readonly makers: Makers
  readonly rules: OrganizationRules
  readonly clock: () => number
}

/** An expired token is remembered for so long, to say that this is what is wrong with it, ms. */
export const rememberedMs = 24 * 3600_000

/** What tokens for SSH open. */
export interface SshTokens {
  /** Answers the gateway's question whether a token opens its sandbox now. */
  check(request: SshRequest): Promise<SshAnswer>
  /** The sandbox of a token that has not expired, in whatever state; null for any other text. */
  sandboxOf(token: string): Promise<SandboxRecord | null>
}

/** Makes what reads tokens for SSH. */
export function createSshTokens({ store, makers, rules, clock }: Parts): SshTokens {
  const find = async (token: string): Promise<{ access: SshAccessRecord; sandbox: SandboxRecord } | null> => {
    const access = sshToken.test(token) ? await store.sshAccesses.byHash(digest(token)) : undefined
    const sandbox = access === undefined ? undefined : await store.sandboxes.byId(access.sandboxId)
    if (access === undefined || sandbox === undefined || isGoing(sandbox)) return null
    if (!(await makers.mayStill(access, sandbox.organizationId, 'write:sandboxes'))) return null
    return { access, sandbox }
  }
  return {
    async check({ token, sandboxId, isLogin }) {
      const found = await find(token)
      if (found === null || (sandboxId !== undefined && found.sandbox.id !== sandboxId)) return unknown
      const { access, sandbox } = found
      if (access.expiresAtMs <= clock()) return denied('This token for SSH has expired: make a new one')
      if (await rules.isClosed(sandbox.organizationId)) return denied('The organization of this sandbox is suspended')
      const reason = isLogin ? whyNoLogin(sandbox) : whyEnded(sandbox)
      if (reason !== null) return denied(reason)
      return { kind: 'granted', sandboxId: sandbox.id, expiresAtMs: access.expiresAtMs }
    },
    async sandboxOf(token) {
      const found = await find(token)
      return found === null || found.access.expiresAtMs <= clock() ? null : found.sandbox
    },
  }
}

const unknown: SshAnswer = {
  kind: 'denied',
  reason: 'This token for SSH is not known here: it was revoked, its sandbox is gone, or it is for another server',
  isKnown: false,
}

function denied(reason: string): SshAnswer {
  return { kind: 'denied', reason, isKnown: true }
}

function isGoing({ state }: SandboxRecord): boolean {
  return state === 'destroying' || state === 'destroyed'
}

/** States in which what is open may stay so: its processes are there, or are about to be again. */
const livingStates: ReadonlySet<SandboxState> = new Set(['started', 'pausing', 'paused', 'resuming', 'stopping'])

function whyEnded(sandbox: SandboxRecord): string | null {
  return livingStates.has(reachableState(sandbox)) ? null : describe(sandbox)
}

/** Null for a sandbox that can be worked in now. A login starts none. */
function whyNoLogin(sandbox: SandboxRecord): string | null {
  return reachableState(sandbox) === 'started' ? null : `${describe(sandbox)}${adviceFor(reachableState(sandbox))}`
}

function describe({ id, state, errorReason }: SandboxRecord): string {
  return `Sandbox ${id} is ${state}${errorReason === null || errorReason === '' ? '' : ` (${errorReason})`}`
}

function adviceFor(state: SandboxState): string {
  if (state === 'stopped' || state === 'archived' || state === 'paused') return ': start it, and connect again'
  if (state === 'error' || state === 'build_failed') return ''
  return ': connect again in a moment'
}
