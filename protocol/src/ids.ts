import * as z from 'zod/mini'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** True for a lower-case UUID, the form of sandbox and organization ids (api.md 2.2). */
export function isUuid(value: string): boolean {
  return uuid.test(value)
}

/** Name of an environment variable that a shell takes (toolbox.md 1.4). */
export const envName = /^[A-Za-z_][A-Za-z0-9_]*$/

/** A TCP port in decimal, without sign or leading zero; `null` for everything else. */
export function parsePort(text: string): number | null {
  if (!/^[1-9][0-9]{0,4}$/.test(text)) return null
  const port = Number(text)
  return port <= 65_535 ? port : null
}

/** Whole number in a query or path. */
export const integerText = z.pipe(
  z.string().check(z.regex(/^-?[0-9]{1,15}$/, 'must be a whole number')),
  z.transform((text: string) => Number(text)),
)

/** `true` or `false` in a query; only `true` is true (api.md 3.8). */
export const booleanText = z.pipe(
  z.string(),
  z.transform((text: string) => text === 'true'),
)
