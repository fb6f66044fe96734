import * as z from 'zod/mini'
import { limits } from './limits.ts'
import './messages.ts'

/** An id that a caller chooses and paths carry: what a URL can hold, and not what URLs resolve away. */
export const PathId = z.string().check(
  z.minLength(1, 'must not be empty'),
  z.maxLength(limits.sessionIdLength),
  z.regex(/^(?!\.{1,2}$)/, 'must not be “.” or “..”'),
  z.refine((id) => !/\p{Surrogate}/u.test(id), 'must not have half a character'),
)
