import { type AccessAnswer, type AccessRequest, type DialTarget, PlatformError } from '@sandyard/protocol'
import type { Destination } from '../destination.ts'
import { isByPath, type PresentedCredentials, type PresentedToken } from './credentials.ts'
import type { SignedUrl } from './file-signature.ts'
import type { KnownAnswer, RememberedAccess } from './remembered.ts'

/** A caller that may pass. */
export interface Admission {
  readonly sandboxId: string
  /** where it goes inside */
  readonly target: DialTarget
  readonly by: (AccessAnswer & { kind: 'granted' })['by']
  /** the token that opened it, when one did */
  readonly token: PresentedToken | undefined
  /** wire state; only `started` can be dialled */
  readonly state: string
  /** why it is not started, for people */
  readonly reason: string | undefined
  /** it rests, or is about to, and a request may start it */
  readonly isWakeable: boolean
  /** what serves on the port is being started */
  readonly isPortComing: boolean
  /** browsers are warned before its previews */
  readonly hasWarning: boolean
}

/** What a caller wants, and what it brings. */
export interface Visit {
  readonly destination: Destination
  readonly credentials: PresentedCredentials
  readonly signed: SignedUrl | null
}

/** Lets a caller in to a sandbox, in whatever state, or throws what to tell it. */
export async function admit(
  check: (request: AccessRequest) => Promise<AccessAnswer>,
  { destination, credentials, signed }: Visit,
): Promise<Admission> {
  let answer = await check(question(destination, credentials.bearer, credentials.tokens[0]))
  let token = credentials.tokens[0]
  for (const next of credentials.tokens.slice(1)) {
    if (answer.kind === 'granted') break
    answer = await check(question(destination, undefined, next))
    token = next
  }
  if (answer.kind !== 'granted' && signed !== null) answer = await checkSigned(check, destination, signed)
  if (answer.kind === 'unknown' && answer.isExpired) throw new PlatformError('GONE', 'This link has expired')
  if (answer.kind === 'unknown') throw new PlatformError('NOT_FOUND', unknownMessage(destination))
  if (answer.kind === 'closed') throw new PlatformError('FORBIDDEN', closedMessage)
  if (answer.kind === 'denied') throw new PlatformError('UNAUTHORIZED', answer.reason ?? deniedMessage(destination))
  const by = answer.by === 'public' && (await isKey(check, destination, credentials.bearer)) ? 'bearer' : answer.by
  return admissionOf(answer, { destination, by, token })
}

/**
 * The same from what is remembered, without waiting; null when somebody must be asked. Only what the first question lets
 * in: most requests are of somebody who has just been let in, and most of their time here would be waiting.
 */
export function admitKnown(
  known: RememberedAccess['known'],
  { destination, credentials }: Pick<Visit, 'destination' | 'credentials'>,
): Admission | null {
  const token = credentials.tokens[0]
  const answer = known(question(destination, credentials.bearer, token))
  // Of a public port it is not known here whether the bearer that comes along is a key.
  if (answer === null || (answer.by === 'public' && credentials.bearer !== undefined)) return null
  return admissionOf(answer, { destination, by: answer.by, token })
}

function admissionOf(
  answer: KnownAnswer,
  { destination, by, token }: { destination: Destination; by: Admission['by']; token: PresentedToken | undefined },
): Admission {
  const { sandboxId, state, reason, isWakeable = false, isPortComing = false, hasWarning = false } = answer
  return {
    sandboxId,
    target: targetOf(destination, answer),
    by,
    token: by === 'preview-token' ? token : undefined,
    state,
    reason: reason === '' ? undefined : reason,
    isWakeable,
    isPortComing,
    hasWarning,
  }
}

function targetOf(destination: Destination, { port }: KnownAnswer): DialTarget {
  if (destination.kind === 'toolbox') return { kind: 'agent' }
  const meant = destination.port ?? port ?? null
  if (meant === null) throw new PlatformError('NOT_FOUND', unknownMessage(destination))
  return { kind: 'port', port: meant }
}

async function checkSigned(
  check: (request: AccessRequest) => Promise<AccessAnswer>,
  { label }: Destination,
  signed: SignedUrl,
): Promise<AccessAnswer> {
  if ('fault' in signed) return { kind: 'denied', reason: signed.fault }
  return check({ label, target: { kind: 'toolbox' }, credentials: { fileSignature: signed.signature } })
}

/** True for a key of the sandbox. A public port needs none, but one that comes along must not reach the app. */
async function isKey(
  check: (request: AccessRequest) => Promise<AccessAnswer>,
  { label }: Destination,
  bearer: string | undefined,
): Promise<boolean> {
  if (bearer === undefined) return false
  const answer = await check({ label, target: { kind: 'toolbox' }, credentials: { bearer } })
  return answer.kind === 'granted'
}

const closedMessage = 'The organization of this sandbox is suspended'

/** By path only who may use the toolbox gets in: no link opens what lies on the API's own origin. */
function question(destination: Destination, bearer: string | undefined, token?: PresentedToken): AccessRequest {
  const isInner = destination.kind === 'toolbox' || isByPath(destination)
  const target = isInner ? { kind: 'toolbox' as const } : portTarget(destination.port)
  return { label: destination.label, target, credentials: credentialsOf(bearer, token?.value) }
}

/** Written out, as copies of parts of objects take long. */
function credentialsOf(bearer: string | undefined, previewToken: string | undefined): AccessRequest['credentials'] {
  if (bearer === undefined) return previewToken === undefined ? {} : { previewToken }
  return previewToken === undefined ? { bearer } : { bearer, previewToken }
}

function portTarget(port: number | null): { kind: 'port'; port: number | null } {
  return { kind: 'port', port }
}

function unknownMessage(destination: Destination): string {
  if (destination.kind === 'toolbox') return `Sandbox with ID or name ${destination.label} not found`
  return 'There is no such preview: the sandbox is gone, or the link has expired'
}

function deniedMessage(destination: Destination): string {
  if (destination.kind === 'toolbox') return 'Invalid credentials'
  if (isByPath(destination)) {
    return 'By path a preview is for programs only: with a key, or with its token in the header X-Daytona-Preview-Token'
  }
  if (destination.port === null) return 'This preview is private: open it with its preview token, or sign in'
  return `Port ${destination.port} of this sandbox is private: open it with its preview token or a signed link`
}
