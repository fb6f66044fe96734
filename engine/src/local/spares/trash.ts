/** Work that must be done but that nobody waits for: removing what is left of ended sandboxes. */
export interface Trash {
  /** Does the work soon; a failure is reported and left to the next start. */
  add(name: string, work: () => Promise<void>): void
  /** Resolves when nothing is left to do. */
  empty(): Promise<void>
}

/** Does the work one piece after the other, so that it never takes the machine from those who wait. */
export function createTrash(onFault: (name: string, fault: unknown) => void): Trash {
  let tail: Promise<void> = Promise.resolve()
  return {
    add(name, work) {
      tail = tail.then(work).catch((fault: unknown) => onFault(name, fault))
    },
    async empty() {
      for (let seen: Promise<void> | null = null; seen !== tail; ) {
        seen = tail
        await seen
      }
    },
  }
}
