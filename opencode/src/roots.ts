import type { Client } from './opencode.ts'

/** Finds the session that a child session works for; a session that nobody started for another is its own. */
export interface Roots {
  /** @throws Error when OpenCode does not know the session */
  find(session: string): Promise<string>
}

/** deepest nesting of child sessions that is followed */
const deepest = 100
/** answers that are kept */
const most = 10_000

export function createRoots(client: Client): Roots {
  const known = new Map<string, string>()
  return {
    async find(session) {
      let current = session
      for (let depth = 0; depth < deepest; depth += 1) {
        const root = known.get(current)
        if (root !== undefined) return root
        const { data, error } = await client.session.get({ path: { id: current } })
        if (data === undefined || data === null)
          throw new Error(`OpenCode does not know the session ${current}: ${describe(error)}`)
        if (!data.parentID) {
          if (known.size > most) known.clear()
          known.set(session, current)
          return current
        }
        current = data.parentID
      }
      throw new Error(`Session ${session} has no beginning`)
    },
  }
}

/** Whether OpenCode says that there is no such session; any other trouble is not that. */
export async function isSessionGone(client: Client, session: string): Promise<boolean> {
  const { data, error } = await client.session.get({ path: { id: session } })
  return !data && (error as { name?: unknown } | undefined)?.name === 'NotFoundError'
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : (JSON.stringify(error) ?? 'no reason given')
}
