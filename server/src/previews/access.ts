import { timingSafeEqual } from 'node:crypto'
import { type Access, type AccessAnswer, type AccessRequest, isUuid, reservedPorts } from '@sandyard/protocol'
import type { OrganizationRules } from '../accounts/organization-rules.ts'
import type { AccessChange } from '../auth/access-change.ts'
import type { Authenticate } from '../auth/authenticate.ts'
import type { Makers } from '../auth/makers.ts'
import type { ServingPlace, Servings } from '../environments/serving.ts'
import { digest } from '../random.ts'
import type { Feed, SandboxChange } from '../sandboxes/feed.ts'
import { reachableState } from '../sandboxes/states.ts'
import { mayWake } from '../sandboxes/wake.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import type { Store } from '../store/store.ts'
import { checkFileSignature, type SignatureVerdict } from './file-signature.ts'
import { signedToken } from './signed.ts'

/** Sandboxes that are remembered at a time. */
const keptSandboxes = 20_000

/** What of a sandbox decides who may pass. */
type Door = Pick<
  SandboxRecord,
  'id' | 'organizationId' | 'state' | 'errorReason' | 'isPublic' | 'previewToken' | 'signingKey'
> & { readonly isWakeable: boolean }

/** What it needs. */
interface Parts {
  readonly store: Pick<Store, 'sandboxes' | 'signedTokens'>
  readonly authenticate: Authenticate
  readonly feed: Feed<SandboxChange>
  readonly accessFeed: Pick<Feed<AccessChange>, 'subscribe'>
  readonly makers: Makers
  readonly rules: OrganizationRules
  readonly clock: () => number
  readonly touch: (sandboxId: string) => void
  /** where the visitors of preview environments go */
  readonly servings: Pick<Servings, 'find' | 'known'>
  /** true while what serves on a port is being started; absent: nothing is */
  readonly isPortComing?: (sandboxId: string, port: number) => boolean
}

/**
 * Answers the gateway's question who may pass, in the order of runtime.md 2.3. Sandboxes that were asked for once are
 * kept in memory and follow the feed, so that an answer takes microseconds.
 */
export function createAccess({
  store,
  authenticate,
  feed,
  accessFeed,
  makers,
  rules,
  clock,
  touch,
  servings,
  isPortComing = () => false,
}: Parts): Omit<Access, 'checkSsh' | 'customHost' | 'signIn' | 'wake'> {
  const doors = new Map<string, Door>()
  feed.subscribe(({ after }) => {
    if (after.state === 'destroyed') doors.delete(after.id)
    else keep(after)
  })
  /** what was read before somebody could do less is not kept after it: tokens may have changed with that */
  let accessChanges = 0
  accessFeed.subscribe(() => {
    accessChanges += 1
    doors.clear()
  })

  function keep(sandbox: SandboxRecord): Door {
    if (doors.size >= keptSandboxes) doors.delete(doors.keys().next().value ?? '')
    const door = doorTo(sandbox)
    doors.set(door.id, door)
    return door
  }

  async function doorOf(id: string): Promise<Door | null> {
    const known = doors.get(id)
    if (known !== undefined) return known
    const before = accessChanges
    const read = await store.sandboxes.byId(id)
    if (read === undefined || read.state === 'destroyed') return null
    if (before !== accessChanges) return doorOf(id)
    // What the feed has brought meanwhile is newer.
    const newer = doors.get(id)
    if (newer !== undefined) return newer
    return keep(read)
  }

  /** By the id of a sandbox, or of an environment, whose visitors go where it serves now. */
  async function doorById(id: string): Promise<{ door: Door | null; serving: ServingPlace | null }> {
    const own = servings.known(id) === undefined ? await doorOf(id) : null
    if (own !== null) return { door: own, serving: null }
    const serving = await servings.find(id)
    return { door: serving === null ? null : await doorOf(serving.sandboxId), serving }
  }

  /** `expired`: there was such a link for this port; who has it may know that. */
  async function signedDoor({ label, target }: AccessRequest): Promise<Door | 'expired' | null> {
    if (target.kind !== 'port' || !signedToken.test(label)) return null
    const token = await store.signedTokens.byHash(digest(label))
    if (token === undefined || token.port !== target.port) return null
    if (token.expiresAtMs <= clock()) return 'expired'
    const door = await doorOf(token.sandboxId)
    return door !== null && (await makers.mayStill(token, door.organizationId)) ? door : null
  }

  /** A name, in the organization of whoever calls. */
  async function namedDoor({ label, target, credentials }: AccessRequest): Promise<Door | null> {
    if (target.kind !== 'toolbox' || credentials.bearer === undefined) return null
    const principal = await authenticate(credentials.bearer)
    if (principal === null || principal.organizationId === null) return null
    const named = await store.sandboxes.byIdOrName(principal.organizationId, label)
    return named === undefined ? null : doorTo(named)
  }

  /** The first credential that opens the door, or `null`. */
  async function opener(
    door: Door,
    request: AccessRequest,
    { port, isSigned }: { readonly port: number | null; readonly isSigned: boolean },
  ) {
    const { credentials } = request
    if (door.isPublic && port !== null && !reservedPorts.has(port)) return 'public'
    if (credentials.bearer !== undefined) {
      const principal = await authenticate(credentials.bearer, door.organizationId)
      if (principal?.organizationId === door.organizationId) return 'bearer'
    }
    if (credentials.previewToken !== undefined && isEqual(credentials.previewToken, door.previewToken)) {
      return 'preview-token'
    }
    if (signatureVerdict(door, request) === 'valid') return 'file-signature'
    return isSigned ? 'signed' : null
  }

  /** Of a signed file URL; null when the request is none. Names belong to an organization, and a signature to none. */
  function signatureVerdict(door: Door | null, { label, target, credentials }: AccessRequest): SignatureVerdict | null {
    if (target.kind !== 'toolbox' || credentials.fileSignature === undefined) return null
    if (door === null || door.id !== label) return 'invalid'
    return checkFileSignature(door.signingKey, credentials.fileSignature, clock())
  }

  /**
   * To holders of a key, what belongs to others does not exist. A stranger is only told so of a link that is no id:
   * whether there is a sandbox with some id is nothing to him.
   */
  async function maySayUnknown({ label, target, credentials }: AccessRequest): Promise<boolean> {
    if (credentials.bearer !== undefined && (await authenticate(credentials.bearer)) !== null) return true
    return target.kind === 'port' && !isUuid(label)
  }

  return {
    async check(request): Promise<AccessAnswer> {
      const { target } = request
      const { door: byId, serving } = isUuid(request.label) ? await doorById(request.label) : nobody
      const signed = byId === null ? await signedDoor(request) : null
      if (signed === 'expired') return { kind: 'unknown', isExpired: true }
      const port = target.kind === 'port' ? (target.port ?? serving?.port ?? null) : null
      // Without a port only an environment is meant.
      const isNowhere = target.kind === 'port' && port === null
      const door = isNowhere ? null : (byId ?? signed ?? (await namedDoor(request)))
      const by = door === null ? null : await opener(door, request, { port, isSigned: signed !== null })
      if (door === null || by === null) {
        if (await maySayUnknown(request)) return { kind: 'unknown' }
        const reason = refusals[signatureVerdict(door, request) ?? 'valid']
        return reason === undefined ? { kind: 'denied' } : { kind: 'denied', reason }
      }
      if (await rules.isClosed(door.organizationId)) return { kind: 'closed' }
      const { id: sandboxId, state, errorReason, isWakeable } = door
      const reason = errorReason === null ? {} : { reason: errorReason }
      const flags = {
        ...(target.kind === 'port' && target.port === null && port !== null ? { port } : {}),
        ...(isWakeable ? { isWakeable } : {}),
        ...(port !== null && isPortComing(sandboxId, port) ? { isPortComing: true as const } : {}),
        ...((await rules.hasWarning(door.organizationId)) ? { hasWarning: true as const } : {}),
      }
      return { kind: 'granted', sandboxId, by, state, ...reason, ...flags }
    },
    touch,
  }
}

const nobody = { door: null, serving: null }

function doorTo(sandbox: SandboxRecord): Door {
  const { id, organizationId, errorReason, isPublic, previewToken, signingKey } = sandbox
  const state = reachableState(sandbox)
  const isWakeable = mayWake(sandbox)
  return { id, organizationId, state, errorReason, isPublic, previewToken, signingKey, isWakeable }
}

/** What to tell the holder of a signed URL that does not open; whether the sandbox exists shows in none of them. */
const refusals: Readonly<Partial<Record<SignatureVerdict, string>>> = {
  expired: 'This signed URL has expired',
  invalid: 'The signature of this URL is not valid: it is for another call, or its key has been rotated',
}

function isEqual(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)]
  return a.length === b.length && timingSafeEqual(a, b)
}
