/** What is read in pages, one in each round. */
export type Pages<T> = () => Promise<T[]>

/**
 * Reads the next page, after the last one the first: what cannot be done, of which one organization can have very much,
 * stands in nobody's way.
 */
export function readPages<T>(
  most: number,
  read: (afterId: string, most: number) => Promise<T[]>,
  idOf: (one: T) => string,
): Pages<T> {
  let afterId = ''
  return async () => {
    const page = await read(afterId, most)
    const last = page.at(-1)
    afterId = page.length < most || last === undefined ? '' : idOf(last)
    return page
  }
}
