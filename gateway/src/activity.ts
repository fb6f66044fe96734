/** Which sandboxes have a connection open, and the regular word to the server that they are in use. */
export interface Activity {
  /** Notes use now and until the returned function is called. */
  begin(sandboxId: string): () => void
  close(): void
}

/**
 * @param touch tells the server that a sandbox is in use
 * @param everyMs time between two touches while connections are open (runtime.md 2.4)
 */
export function createActivity(touch: (sandboxId: string) => void, everyMs: number): Activity {
  const open = new Map<string, number>()
  const timer = setInterval(() => {
    for (const sandboxId of open.keys()) touch(sandboxId)
  }, everyMs)
  timer.unref()

  return {
    begin(sandboxId) {
      touch(sandboxId)
      open.set(sandboxId, (open.get(sandboxId) ?? 0) + 1)
      let ended = false
      return () => {
        if (ended) return
        ended = true
        const left = (open.get(sandboxId) ?? 1) - 1
        if (left > 0) open.set(sandboxId, left)
        else open.delete(sandboxId)
      }
    },
    close() {
      clearInterval(timer)
      open.clear()
    },
  }
}
