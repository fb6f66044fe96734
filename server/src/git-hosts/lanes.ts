/** Work by projects: one project's is done one after the other, and no organization takes all the places. */
export interface Lanes {
  /** Adds work of a project; it begins at once where there is room. */
  add(projectId: string, organizationId: string, ids: readonly string[]): void
  /** Resolves when nothing is under way, and nothing waits. */
  settled(): Promise<void>
  /** Begins nothing more, and waits for what is under way. */
  close(): Promise<void>
}

interface Lane {
  readonly organizationId: string
  readonly ids: Set<string>
}

/**
 * Makes them. Git hosts that are slow keep the places of their organization, and no others wait for them.
 * @param run must not throw
 */
export function createLanes(
  { atOnce, ofOrganization }: { readonly atOnce: number; readonly ofOrganization: number },
  run: (projectId: string, ids: readonly string[]) => Promise<void>,
): Lanes {
  const waiting = new Map<string, Lane>()
  const underWay = new Map<string, { readonly organizationId: string; readonly done: Promise<void> }>()
  let isClosed = false

  function begin(): void {
    for (const [projectId, { organizationId, ids }] of waiting) {
      if (isClosed || underWay.size >= atOnce) return
      const own = [...underWay.values()].filter((lane) => lane.organizationId === organizationId)
      if (underWay.has(projectId) || own.length >= ofOrganization) continue
      waiting.delete(projectId)
      const done = run(projectId, [...ids]).finally(() => {
        underWay.delete(projectId)
        begin()
      })
      underWay.set(projectId, { organizationId, done })
    }
  }

  async function ended(): Promise<void> {
    while (underWay.size > 0) await Promise.all([...underWay.values()].map(({ done }) => done))
  }

  return {
    add(projectId, organizationId, ids) {
      const lane = waiting.get(projectId) ?? { organizationId, ids: new Set<string>() }
      for (const id of ids) lane.ids.add(id)
      waiting.set(projectId, lane)
      begin()
    },
    settled: ended,
    close() {
      isClosed = true
      return ended()
    },
  }
}
