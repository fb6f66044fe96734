/** A row of the table. */
export interface Setting<T, F> {
  /** for people */
  readonly type: string
  /** parses the text of a flag or variable; throws an `Error` whose message completes "--name …" */
  readonly read: (text: string) => T
  readonly fallback: F
  /** the default for people, when `fallback` does not tell */
  readonly shown?: string
  readonly secret?: boolean
  readonly doc: string
}

/** Keeps the types of a row. */
export function setting<T, const F extends T | null>(row: Setting<T, F>): Setting<T, F> {
  return row
}
