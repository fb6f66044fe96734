import * as z from 'zod/mini'
import { envName } from './ids.ts'
import { limits } from './limits.ts'
import './messages.ts'

/** Environment of a sandbox or of one call: names a shell takes, values without NUL, bounded. */
export const Environment = z.record(z.string(), z.string()).check(
  z.refine((env) => Object.keys(env).every((name) => envName.test(name)), {
    error: (issue) => {
      const bad = Object.keys(issue.input as Record<string, string>).find((name) => !envName.test(name))
      return `invalid environment variable name: '${bad?.slice(0, 100)}'`
    },
  }),
  z.refine((env) => Object.keys(env).length <= limits.envCount, `at most ${limits.envCount} variables`),
  z.refine(
    (env) => Object.values(env).every((value) => !value.includes('\0') && byteLength(value) <= limits.envValueBytes),
    `values must be at most ${limits.envValueBytes} bytes, without NUL`,
  ),
  z.refine(
    (env) => Object.entries(env).reduce((sum, [k, v]) => sum + k.length + byteLength(v), 0) <= limits.envBytes,
    `all variables together must be at most ${limits.envBytes} bytes`,
  ),
)

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length
}
