/** Remembers when things were last in use, and writes it down now and then. */
export interface Activity {
  /** Notes a use at this moment; cheap. */
  touch(id: string): void
  /** The last use that is not written yet, epoch ms. */
  unwritten(id: string): number | undefined
  /** Writes what came since the last time; keeps it when that fails. */
  flush(): Promise<void>
}

/** Makes an activity notebook; `write` gets epoch ms by id. */
export function createActivity(
  clock: () => number,
  write: (uses: ReadonlyMap<string, number>) => Promise<void>,
): Activity {
  let uses = new Map<string, number>()
  return {
    touch: (id) => void uses.set(id, clock()),
    unwritten: (id) => uses.get(id),
    async flush() {
      if (uses.size === 0) return
      const writing = uses
      uses = new Map()
      try {
        await write(writing)
      } catch (thrown) {
        uses = new Map([...writing, ...uses])
        throw thrown
      }
    },
  }
}
