import type { Session } from '@sandyard/sdk'
import { type QueryClient, type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query'
import { usePlatform } from '../../platform/platform.tsx'
import type { Tools } from '../tools.tsx'

/** A command of a session. */
export type Command = Session['commands'][number]

/** All sessions of a sandbox. */
export interface Sessions {
  /** oldest first */
  readonly own: readonly Session[]
  /** what the image itself runs; null where it runs nothing */
  readonly entrypoint: Session | null
}

/** Nothing tells of sessions that others make and end. */
const everyMs = 4000

const sessionsKey = (organizationId: string, id: string) => ['sessions', organizationId, id] as const

/** Sessions as they are, read anew while somebody looks. */
export function useSessions({ id, watch }: Tools): UseQueryResult<Sessions> {
  const { organization } = usePlatform()
  const queries = useQueryClient()
  return useQuery({
    queryKey: sessionsKey(organization.id, id),
    queryFn: async ({ signal, queryKey }): Promise<Sessions> => {
      const before = queries.getQueryData<Sessions>(queryKey)
      // Whether the image runs something does not change while it is started.
      const asksForEntrypoint = before === undefined || before.entrypoint !== null
      const [own, entrypoint] = await Promise.all([
        watch.toolbox.call('listSessions', {}, { signal }),
        asksForEntrypoint ? watch.toolbox.call('getEntrypointSession', {}, { signal }).catch(noneIfMissing) : null,
      ])
      return { own: own.map(named), entrypoint: entrypoint === null ? null : named(entrypoint) }
    },
    refetchInterval: everyMs,
    staleTime: 0,
    gcTime: 0,
  })
}

function named({ sessionId, commands }: Omit<Session, 'id'>): Session {
  return { id: sessionId, sessionId, commands }
}

/** Reads the sessions now: something has changed. */
export function readSessionsAnew(queries: QueryClient, organizationId: string, id: string): Promise<void> {
  return queries.invalidateQueries({ queryKey: sessionsKey(organizationId, id) })
}

function noneIfMissing(error: unknown): null {
  if ((error as { statusCode?: number }).statusCode === 404) return null
  throw error
}
