import type { Route, RouteInput, RouteOutput, Routes } from '@sandyard/protocol'
import type { MemberPrincipal, Principal } from '../auth/principal.ts'
import type { Site } from '../previews/site.ts'

/** Access kinds that ask for no organization. */
type Personal = 'user' | 'self' | 'admin'

/** Who calls a row of this access. */
export type CallerOf<Access> = Access extends 'public' ? null : Access extends Personal ? Principal : MemberPrincipal

/** One request for a row, its caller known and its input checked. */
export interface Call<R extends Route> extends RouteInput<R> {
  readonly principal: CallerOf<R['access']>
  /** how the caller has reached us */
  readonly site: Site
  /** where the call comes from, as far as can be known */
  readonly address: string
  readonly request: Request
  /** headers of the answer, also of an error; an answer may add to them */
  readonly headers: Headers
}

/** Does the work of a row and returns what the row's `response` describes. */
export type Answer<R extends Route> = (call: Call<R>) => Promise<RouteOutput<R>>

/** An answer for every row; a missing one does not compile. */
export type Answers<Rs extends Routes> = { readonly [Id in keyof Rs]: Answer<Rs[Id]> }
