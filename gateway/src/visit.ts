import type { IncomingMessage } from 'node:http'
import { limits, previewNames } from '@sandyard/protocol'
import { type Admission, admit, admitKnown } from './access/admit.ts'
import type { Wait } from './access/arrival.ts'
import { readCredentials, splitQueryToken } from './access/credentials.ts'
import { readSignedUrl } from './access/file-signature.ts'
import type { RememberedAccess } from './access/remembered.ts'
import { wantsPage } from './answer.ts'
import type { Caller } from './caller.ts'
import { type Destination, type Names, readDestination } from './destination.ts'
import type { HeaderRules } from './forward/headers.ts'
import type { PreviewHosts } from './hosts.ts'
import { previewRules } from './preview/headers.ts'
import { toolboxRules } from './toolbox/headers.ts'

/** A request that was read, before anybody is asked whether it may pass. */
export interface Visit {
  readonly request: IncomingMessage
  readonly caller: Caller
  readonly destination: Destination
  /** path and query for the program inside */
  readonly path: string
  /** Who has just been let in may pass again; null: ask. */
  known(): Admission | null
  /** Asks who may pass. Throws what to tell whoever may not. */
  ask(): Promise<Admission>
}

/** Reads a request. A signed URL is for one request and opens no tunnel. Throws 4xx for one that leads nowhere. */
export function readVisit(
  request: IncomingMessage,
  { caller, names, hosts, access }: { caller: Caller; names: Names; hosts: PreviewHosts; access: RememberedAccess },
  isUpgrade: boolean,
): Visit {
  const destination = readDestination(request, names)
  const credentials = readCredentials(request, destination, hosts)
  const { url } = splitQueryToken(destination.url)
  const maySign = destination.kind === 'toolbox' && !isUpgrade
  const signed = maySign ? readSignedUrl(request.method ?? '', url) : null
  return {
    request,
    caller,
    destination,
    path: signed !== null && 'url' in signed ? signed.url : url,
    known: () => admitKnown(access.known, { destination, credentials }),
    ask: () => admit(access.check, { destination, credentials, signed }),
  }
}

/** How headers pass; `cors` are lines for scripts of other origins, null when that is left to the program inside. */
export function rulesOf(visit: Visit, admission: Admission, cors: readonly string[] | null): HeaderRules {
  const { request, caller, destination } = visit
  if (destination.kind === 'toolbox') return toolboxRules(destination)
  return previewRules({ request, caller, destination, admission, cors })
}

/**
 * How long and for what a request waits until its sandbox is started. A browser waits before a page that goes on by
 * itself; what is no use of the sandbox, or was not asked for by anybody yet, starts nothing.
 */
export function waitOf({ request, destination, ask }: Visit, first: Admission, signal: AbortSignal): Wait {
  const isPage = destination.kind === 'preview' && destination.prefix === '' && wantsPage(request)
  const isAhead = /\bprefetch\b/.test(String(request.headers['sec-purpose'] ?? ''))
  return {
    first,
    ask,
    mayWake: request.headers[previewNames.skipActivityHeader] !== 'true' && !isAhead,
    waitMs: isPage ? limits.arrivalPageMs : limits.arrivalWaitMs,
    signal,
  }
}
