/** Lets one change of a file wait for the other. */
export interface PathLocks {
  /** Runs the work while nobody else works on any of these paths of the sandbox. */
  run<T>(sandboxId: string, paths: readonly string[], work: () => Promise<T>): Promise<T>
}

/** Makes the locks; a path that nobody works on takes no room. */
export function createPathLocks(): PathLocks {
  const last = new Map<string, Promise<void>>()
  return {
    async run(sandboxId, paths, work) {
      const keys = [...new Set(paths)].map((path) => `${sandboxId}\0${path}`)
      const before = keys.map((key) => last.get(key))
      const { promise, resolve } = Promise.withResolvers<void>()
      // All at once, so that two that want the same paths never wait for each other.
      for (const key of keys) last.set(key, promise)
      try {
        await Promise.all(before)
        return await work()
      } finally {
        for (const key of keys) if (last.get(key) === promise) last.delete(key)
        resolve()
      }
    },
  }
}
