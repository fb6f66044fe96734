import type { Route } from '@sandyard/protocol'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { describeIssues } from '@sandyard/protocol/route'

/** A request target in its two parts, as the caller wrote them. */
export interface Target {
  readonly path: string
  /** without the question mark */
  readonly search: string
}

/** The path that was asked for, without the query, for messages. */
export function shownPath({ url = '/' }: { readonly url?: string | undefined }): string {
  return url.split('?', 1)[0] ?? '/'
}

/** Takes a request target apart. Throws URI_TOO_LONG. */
export function readTarget(url: string): Target {
  if (url.length > limits.urlLength)
    throw new PlatformError('URI_TOO_LONG', `The URL is longer than ${limits.urlLength} characters`)
  const at = url.indexOf('?')
  return at < 0 ? { path: url, search: '' } : { path: url.slice(0, at), search: url.slice(at + 1) }
}

/** Segments of a path. A trailing slash is the same path, as clients use both (toolbox.md 7). */
export function segmentsOf(path: string): string[] {
  return path
    .replace(/(?<=.)\/$/, '')
    .split('/')
    .slice(1)
}

/** Values of the `{name}` segments of a row's path, or null when the path is another. */
export function matchSegments(pattern: readonly string[], segments: readonly string[]): Record<string, string> | null {
  if (pattern.length !== segments.length) return null
  const params: Record<string, string> = {}
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? ''
    if (!part.startsWith('{')) {
      if (part !== segment) return null
    } else {
      if (segment === '') return null
      params[part.slice(1, -1)] = decodeSegment(segment)
    }
  }
  return params
}

/** Orders rows so that literal segments win: /process/session/entrypoint before /process/session/{sessionId}. */
export function parameterCount(segments: readonly string[]): number {
  return segments.filter((segment) => segment.startsWith('{')).length
}

/** The query as its row describes it; undefined for a row without one. */
export function parseQuery(route: Route, search: string): never {
  return route.query === undefined ? (undefined as never) : parse(route.query, readQuery(search), 'query')
}

/** Checks a value against a row. Throws with the first things that are wrong. */
export function parse(schema: NonNullable<Route['query']>, value: unknown, part: 'query' | 'body'): never {
  const result = schema.safeParse(value)
  if (!result.success) {
    const code = part === 'body' ? 'INVALID_REQUEST_BODY' : 'BAD_REQUEST'
    throw new PlatformError(code, `bad request: ${part}: ${describeIssues(result.error)}`)
  }
  // The row's own type is restored by its handler's type; here all rows look alike.
  return result.data as never
}

function readQuery(search: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {}
  for (const [rawKey, value] of new URLSearchParams(search)) {
    const key = rawKey.replace(/\[\]$/, '')
    const earlier = query[key]
    if (earlier === undefined) query[key] = value
    else query[key] = Array.isArray(earlier) ? [...earlier, value] : [earlier, value]
  }
  return query
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch (cause) {
    throw new PlatformError('BAD_REQUEST', `The path has a broken percent escape: ${segment.slice(0, 100)}`, { cause })
  }
}
