/** A line that contains what was looked for. */
export interface Match {
  readonly file: string
  /** counted from 1 */
  readonly line: number
  readonly content: string
}

/** Files by their names, and, when iterated, lines by their content. */
export interface SearchFilesResponse extends Iterable<Match> {
  files: string[]
}

/** One result of both searches. */
export function joinFound(files: string[], lines: readonly Match[]): SearchFilesResponse {
  const found = { files }
  // Not to be seen when the result is printed or sent on.
  Object.defineProperty(found, Symbol.iterator, { value: () => lines[Symbol.iterator]() })
  return found as SearchFilesResponse
}
