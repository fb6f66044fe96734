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
