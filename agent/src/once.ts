/** Gives a thing, which is made at the first call. */
export interface Once<T> {
  (): Promise<T>
  /** the thing if it was asked for before; never makes it */
  opened(): Promise<T> | undefined
}

/** Puts the making of a thing off until it is asked for. One that failed is tried again when next asked for. */
export function once<T>(make: () => Promise<T>): Once<T> {
  let made: Promise<T> | undefined
  const open = (): Promise<T> => {
    made ??= make().catch((fault: unknown) => {
      made = undefined
      throw fault
    })
    return made
  }
  return Object.assign(open, { opened: () => made })
}
