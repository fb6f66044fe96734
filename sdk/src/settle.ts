/** A promise, and what settles it. */
export interface Settling<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(reason: unknown): void
}

/** A promise that is settled from outside; as `Promise.withResolvers`, which Node 20 does not have. */
export function createSettling<T>(): Settling<T> {
  let resolve: (value: T) => void = () => {}
  let reject: (reason: unknown) => void = () => {}
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  // Whoever awaits it sees the failure; nobody has to.
  promise.catch(() => {})
  return { promise, resolve: (value) => resolve(value), reject: (reason) => reject(reason) }
}
