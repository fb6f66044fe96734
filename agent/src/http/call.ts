import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Route, RouteInput, RouteOutput, Routes } from '@sandyard/protocol'

/** One request for a row, its input checked. */
export interface Call<R extends Route> extends RouteInput<R> {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** aborted when the caller goes away before the answer is complete */
  readonly signal: AbortSignal
}

/** Says that a handler has written the answer itself: streams, other statuses. */
export const answered: unique symbol = Symbol('answered')

/** Does the work of a row and returns what the row's `response` describes. */
export type Handler<R extends Route> = (call: Call<R>) => Promise<RouteOutput<R> | typeof answered>

/** A handler for every row that is not a WebSocket; a missing one does not compile. */
export type Handlers<Rs extends Routes> = {
  readonly [Id in keyof Rs as Rs[Id]['isWebSocket'] extends true ? never : Id]: Handler<Rs[Id]>
}
