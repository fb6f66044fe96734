import type { IncomingMessage } from 'node:http'
import type { ErrorBody } from '@sandyard/protocol'
import { NotStarted } from './access/arrival.ts'
import { errorBody, type Refusal, wantsPage } from './answer.ts'
import type { Log } from './log.ts'
import type { PageLink } from './preview/layout.ts'
import { failurePage } from './preview/page.ts'

/** What is known where something fails. */
export interface Failure {
  readonly request: IncomingMessage
  readonly thrown: unknown
  /** Host as the client has called it, when that names a preview; null: it is not for people */
  readonly previewHost: string | null
  /** the sandbox that the caller may enter; absent: none */
  readonly sandboxId?: string
  /** whoever has only a signed link is not told the sandbox's id */
  readonly isBySignedLink: boolean
  /** other ports of the sandbox that answer */
  readonly ports: readonly number[]
  /** the sandbox has been started a moment ago */
  readonly isNew: boolean
}

/** Puts a failure into words: a page for a browser that opens a preview, JSON for everything else. */
export function refusalOf(failure: Failure, log: Log): Refusal {
  const { request, thrown, previewHost, ports, isNew } = failure
  const notStarted = thrown instanceof NotStarted ? thrown : null
  const retryAfterS = notStarted?.retryAfterS ?? null
  const whole = withoutId(errorBody(request, thrown, log), failure)
  const rest = { ...(retryAfterS === null ? {} : { retryAfterS }), lines: [] }
  if (previewHost === null || !wantsPage(request)) return { error: withPorts(whole, ports), page: null, ...rest }
  const page = failurePage({
    error: whole,
    ...(notStarted === null ? {} : { state: notStarted.state, isComing: notStarted.isComing }),
    links: portLinks(previewHost, ports),
    isNew,
  })
  return { error: whole, page, ...rest }
}

/** People are told of "the sandbox": the id says nothing to them, and holders of a signed link are not to have it. */
function withoutId(error: ErrorBody, { request, previewHost, sandboxId, isBySignedLink }: Failure): ErrorBody {
  if (sandboxId === undefined || !(isBySignedLink || (previewHost !== null && wantsPage(request)))) return error
  const message = error.message
    .replaceAll(` of sandbox ${sandboxId}`, '')
    .replaceAll(`Sandbox ${sandboxId}`, 'The sandbox')
    .replaceAll(sandboxId, 'it')
  return { ...error, message }
}

function withPorts(error: ErrorBody, ports: readonly number[]): ErrorBody {
  return ports.length === 0 ? error : { ...error, message: `${error.message}. These ports answer: ${ports.join(', ')}` }
}

/** Links to the same host with another port in its label, or with one where it has none. */
function portLinks(host: string, ports: readonly number[]): PageLink[] {
  const rest = host.replace(/^[0-9]{1,5}-/, '')
  return ports.map((port) => ({ text: String(port), href: `//${port}-${rest}/` }))
}
