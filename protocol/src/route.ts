import type * as z from 'zod/mini'

/** Permissions that roles and API keys can carry (api.md 3.2). */
export const permissions = [
  'write:registries',
  'delete:registries',
  'write:snapshots',
  'delete:snapshots',
  'write:sandboxes',
  'delete:sandboxes',
  'read:volumes',
  'write:volumes',
  'delete:volumes',
  'write:regions',
  'delete:regions',
  'read:runners',
  'write:runners',
  'delete:runners',
  'read:audit_logs',
  'manage:api_keys',
  'manage:secrets',
  'read:limits',
  'manage:sso',
  'read:billing',
  'manage:billing',
] as const

export type Permission = (typeof permissions)[number]

/**
 * Who may call a row.
 * - `public`: anyone
 * - `user`: any credentials, no organization needed
 * - `self`: a signed-in user, or a key with every permission; no organization needed, but where the path names one
 * - `member`: credentials of the organization
 * - `owner`: an owner of the organization, signed in or by a key with every permission
 * - `admin`: an administrator of the platform, likewise; no organization needed
 * - a permission: credentials of the organization that carry it
 */
export type RouteAccess = 'public' | 'user' | 'self' | 'member' | 'owner' | 'admin' | Permission

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** One public call: routing, validation, docs and clients are derived from it. */
export interface Route {
  readonly method: HttpMethod
  /** `{name}` stands for one path segment */
  readonly path: `/${string}`
  /** one line for the reference */
  readonly summary: string
  readonly access: RouteAccess
  /** true where the members of a suspended organization may still call */
  readonly isOpenWhenSuspended?: true
  /** shape of the query; every value arrives as text, repeated keys as an array */
  readonly query?: z.ZodMiniType
  /** shape of the JSON body */
  readonly body?: z.ZodMiniType
  /** true when a missing body counts as `{}` */
  readonly isBodyOptional?: boolean
  /** true where the body is taken as the bytes that came, as `Uint8Array`, and goes before `body` */
  readonly isRawBody?: true
  /** shape of the JSON answer; absent means an empty one */
  readonly response?: z.ZodMiniType
  /** true for an answer that sends a browser elsewhere */
  readonly isRedirect?: true
  /** true for an answer that goes out as it comes, as bytes */
  readonly isStream?: true
  /** true for a WebSocket: the call is an upgrade, and a plain request for it is refused */
  readonly isWebSocket?: boolean
  /** status of success */
  readonly status: number
}

/** Rows by operation id. */
export type Routes = Readonly<Record<string, Route>>

/** Names between braces in a path. */
export type PathParam<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PathParam<Rest>
  : never

type OutputOf<Schema> = Schema extends z.ZodMiniType ? z.output<Schema> : undefined

/** What a handler of the row gets, checked and parsed. */
export interface RouteInput<R extends Route> {
  readonly params: Readonly<Record<PathParam<R['path']>, string>>
  readonly query: OutputOf<R['query']>
  readonly body: R extends { isRawBody: true } ? Uint8Array : OutputOf<R['body']>
}

/** Where a browser is sent. */
export interface Redirect {
  readonly location: string
  /** value of `Set-Cookie` */
  readonly cookie?: string
}

/** What a handler of the row must answer. */
export type RouteOutput<R extends Route> = R extends { isStream: true }
  ? ReadableStream<Uint8Array>
  : R extends { isRedirect: true }
    ? Redirect
    : R['response'] extends z.ZodMiniType
      ? z.input<R['response']>
      : // biome-ignore lint/suspicious/noConfusingVoidType: a handler of a row without an answer just returns
        void

/** Keeps the literal types of rows. */
export function defineRoutes<const R extends Routes>(rows: R): R {
  return rows
}

/** First problem of a failed parse as one sentence: which field and what is wrong. */
export function describeIssues(error: z.core.$ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`))
    .join(', ')
}
