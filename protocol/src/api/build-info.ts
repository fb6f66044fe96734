import * as z from 'zod/mini'
import { limits } from '../limits.ts'
import '../messages.ts'

/** What is asked for when something is to be built (api.md 2.3). */
export const WantedBuild = z.object({
  dockerfileContent: z.string().check(
    z.refine((text) => text.trim() !== '', 'must not be empty'),
    z.refine((text) => !text.includes('\0'), 'must not contain NUL'),
    z.refine(
      (text) => new TextEncoder().encode(text).length <= limits.dockerfileBytes,
      `must be at most ${limits.dockerfileBytes} bytes`,
    ),
  ),
  /** names of uploaded contexts (api.md 2.10) */
  contextHashes: z.optional(
    z
      .array(z.string().check(z.regex(/^[A-Za-z0-9_-]{1,128}$/, 'must be letters, digits, `_` and `-`')))
      .check(z.maxLength(limits.contextCount)),
  ),
})

/** What something was built from (api.md appendix BuildInfo). */
export const BuildInfo = z.object({
  dockerfileContent: z.string(),
  contextHashes: z.array(z.string()),
  /** RFC 3339, like the next */
  createdAt: z.string(),
  updatedAt: z.string(),
  snapshotRef: z.string(),
})
