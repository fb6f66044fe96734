import * as z from 'zod/mini'
import './messages.ts'

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

/** A date as `Date.parse` takes it, in a query or body. */
export const dateText = z.string().check(
  z.maxLength(100),
  z.refine((text) => !Number.isNaN(Date.parse(text)), 'must be a date'),
)
