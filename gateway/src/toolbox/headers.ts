import { previewNames } from '@sandyard/protocol'
import { withoutOurCookies } from '../access/credentials.ts'
import type { ToolboxDestination } from '../destination.ts'
import type { HeaderRules } from '../forward/headers.ts'

/** Never forwarded: the agent asks for no credentials, and no program inside shall see them. */
const kept: ReadonlySet<string> = new Set(['authorization', 'host', 'forwarded', previewNames.tokenHeader])

/** What an answer would do to a browser beyond itself; the agent sends none of it, but who has taken its place could. */
const ofBrowsers: ReadonlySet<string> = new Set([
  'set-cookie',
  'refresh',
  'clear-site-data',
  'strict-transport-security',
  'alt-svc',
  'content-security-policy',
  'nel',
  'report-to',
  'reporting-endpoints',
  'service-worker-allowed',
  'www-authenticate',
])

/** Headers of a toolbox call: all pass but the caller's credentials, and what would lead callers out of the sandbox. */
export function toolboxRules(destination: ToolboxDestination): HeaderRules {
  return {
    inward(name, value) {
      if (kept.has(name) || name.startsWith('x-forwarded-')) return null
      return name === 'cookie' ? withoutOurCookies(value) : value
    },
    outward(name, value) {
      if (ofBrowsers.has(name)) return null
      return name === 'location' ? withinSandbox(destination.prefix, value) : value
    },
    addedInward: ['Host', 'localhost'],
    // Should a browser ever show what it answered, such as a signed file, that has no part in the origin of the API.
    addedOutward: ['Content-Security-Policy', 'sandbox', 'X-Content-Type-Options', 'nosniff'],
  }
}

/**
 * A path of the agent as its caller knows it. Clients go on to a redirect with their credentials and what they have sent,
 * so that any other place is none: neither another sandbox nor the API, nor what only the client reaches.
 */
function withinSandbox(prefix: string, location: string): string | null {
  if (!/^\/(?!\/)/.test(location) || !URL.canParse(prefix + location, 'http://localhost')) return null
  const { pathname } = new URL(prefix + location, 'http://localhost')
  return pathname.startsWith(`${new URL(prefix, 'http://localhost').pathname}/`) ? prefix + location : null
}
