import * as z from 'zod/mini'
import { limits } from './limits.ts'
import { integerText } from './query.ts'
import './messages.ts'

/** Query of a listing that goes by page number: pages count from 1; the first one, of 100 rows, when nothing is said. */
export const pageQuery = {
  page: z.optional(integerText.check(z.minimum(1), z.maximum(1_000_000))),
  limit: z.optional(integerText.check(z.minimum(1), z.maximum(limits.pageSize))),
}

/** What a page holds besides its items. */
export const pageCounts = {
  /** rows of all pages */
  total: z.number(),
  page: z.number(),
  totalPages: z.number(),
}
