import { PlatformError } from '@sandyard/protocol'

/** Which page of a listing is asked for. */
export interface PageQuery {
  readonly page?: number | undefined
  readonly limit?: number | undefined
}

/** The same with its defaults (api.md 3.8), and how many rows come before it. */
export function readPage({ page = 1, limit = 100 }: PageQuery): {
  readonly page: number
  readonly limit: number
  readonly offset: number
} {
  return { page, limit, offset: (page - 1) * limit }
}

/** A page as it is answered; `total` counts the rows of all pages. */
export function toWirePage<Item>(items: Item[], total: number, query: PageQuery) {
  const { page, limit } = readPage(query)
  return { items, total, page, totalPages: Math.ceil(total / limit) }
}

/** Where a page ends that is sorted by a column and then by id. */
export interface Cursor {
  readonly sortValue: string | number
  readonly id: string
}

/** A cursor as clients get it. */
export function formatCursor({ sortValue, id }: Cursor): string {
  return Buffer.from(JSON.stringify({ sortValue, id })).toString('base64')
}

/** The same again, for a column of texts or numbers. Throws BAD_REQUEST for what is none. */
export function parseCursor(text: string, type: 'string' | 'number'): Cursor {
  const cursor = parseJson(Buffer.from(text, 'base64').toString('utf8'))
  if (typeof cursor === 'object' && cursor !== null && 'sortValue' in cursor && 'id' in cursor) {
    const { sortValue, id } = cursor
    const isOfColumn = type === 'string' ? typeof sortValue === 'string' : Number.isFinite(sortValue)
    if (isOfColumn && typeof id === 'string') return { sortValue: sortValue as string | number, id }
  }
  throw new PlatformError('BAD_REQUEST', 'Invalid cursor')
}

/** The value of a JSON text; undefined for what is none: the caller says what was wanted. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined // Like any other wrong value.
  }
}
