import { previewNames } from '@sandyard/protocol'
import { withoutOurCookies } from '../access/credentials.ts'
import type { ToolboxDestination } from '../destination.ts'
import type { HeaderRules } from '../forward/headers.ts'

/** Never forwarded: the agent asks for no credentials, and no program inside shall see them. */
const kept: ReadonlySet<string> = new Set(['authorization', 'host', 'forwarded', previewNames.tokenHeader])

/** Headers of a toolbox call: all pass but the caller's credentials. */
export function toolboxRules(destination: ToolboxDestination): HeaderRules {
  return {
    inward(name, value) {
      if (kept.has(name) || name.startsWith('x-forwarded-')) return null
      return name === 'cookie' ? withoutOurCookies(value) : value
    },
    outward(name, value) {
      // The agent knows its own paths only.
      return name === 'location' && /^\/(?!\/)/.test(value) ? destination.prefix + value : value
    },
    addedInward: ['Host', 'localhost'],
    addedOutward: [],
  }
}
