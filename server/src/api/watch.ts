import type { Route } from '@sandyard/protocol'
import type { Principal } from '../auth/principal.ts'

/** A call as watchers see it. */
export interface WatchedCall {
  /** operation id of the row */
  readonly id: string
  readonly route: Route
  readonly request: Request
  /** parameters of the path */
  readonly params: Readonly<Record<string, string>>
  /** IP address of the caller */
  readonly address: string
  /** null on public rows, and on the others until it is known who calls */
  readonly principal: Principal | null
  /** body as parsed; undefined until it is, and where there is none */
  readonly body: unknown
  /** headers of the answer, whatever it becomes; a watcher may add to them */
  readonly headers: Headers
}

/** How a call ended. */
export interface Outcome {
  readonly status: number
  /** what was answered */
  readonly output?: unknown
  /** what was thrown instead of an answer */
  readonly error?: unknown
  readonly ms: number
}

/** Looks at every call: rate limits, audit log, metrics. */
export interface CallWatcher {
  /** Before it is known who calls; what it throws is the answer. */
  arrive?(call: WatchedCall): void
  /** Before the input is read; what it throws is the answer. */
  admit?(call: WatchedCall): Promise<void> | void
  /** When the answer is known, before it goes out. What it throws becomes the answer of a call that had gone well. */
  ended?(call: WatchedCall, outcome: Outcome): Promise<void> | void
}
