import { Daytona, type Events, type EventsStatus } from '@sandyard/sdk'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react'
import { useTell } from '../design/toasts.tsx'
import type { Session } from '../session/doors.ts'
import type { SessionKeeper } from '../session/keeper.ts'
import { openEvents } from './events.ts'
import { apiUrl, type Organization, pickOrganization, rememberOrganization, userClient } from './organizations.ts'

/** What every page works with. */
export interface Platform {
  readonly keeper: SessionKeeper
  readonly user: Session['user']
  readonly organization: Organization
  readonly organizations: readonly Organization[]
  readonly chooseOrganization: (id: string) => void
  /** calls within the organization */
  readonly daytona: Daytona
  /** The same for calls that only look, again and again: they keep no sandbox from its rest and wake none. */
  readonly watcher: Daytona
  readonly events: Events
}

const PlatformContext = createContext<Platform | null>(null)

/** The platform as the signed-in user sees it. */
export function usePlatform(): Platform {
  const platform = useContext(PlatformContext)
  if (platform === null) throw new Error('usePlatform is for what PlatformProvider holds')
  return platform
}

/** How the connection of the events is. */
export function useEventsStatus(): EventsStatus {
  const { events } = usePlatform()
  const subscribe = useCallback((listener: () => void) => events.onStatus(listener), [events])
  return useSyncExternalStore(subscribe, () => events.status())
}

/** What is shown while the organizations are not known. */
interface Waiting {
  readonly whileLoading: ReactNode
  readonly onFailure: (error: Error, retry: () => void) => ReactNode
}

/** Finds the organization of the user and opens its events. */
export function PlatformProvider({
  keeper,
  session,
  children,
  whileLoading,
  onFailure,
}: Waiting & { keeper: SessionKeeper; session: Session; children: ReactNode }): ReactNode {
  const { user } = session
  const { data, error, refetch } = useQuery({
    queryKey: ['organizations', user.id],
    queryFn: ({ signal }) => userClient(keeper).call('listOrganizations', {}, { signal }),
    staleTime: 60_000,
  })
  const [chosen, setChosen] = useState<string | null>(null)
  const organization =
    data?.find(({ id }) => id === chosen) ?? (data === undefined ? undefined : pickOrganization(data))
  useMoveTold(data, organization)
  const connection = useConnection(keeper, organization?.id)
  const platform = useMemo(() => {
    // One of the organization before would bring its answers in the name of this one.
    if (data === undefined || organization === undefined || connection?.organizationId !== organization.id) return null
    const chooseOrganization = (id: string): void => {
      rememberOrganization(id)
      setChosen(id)
    }
    const { daytona, watcher, events } = connection
    return { keeper, user, organization, organizations: data, chooseOrganization, daytona, watcher, events }
  }, [keeper, user, data, organization, connection])

  if (error !== null && data === undefined) return onFailure(error, () => void refetch())
  if (data !== undefined && organization === undefined)
    return onFailure(new Error('You are a member of no organization; ask an administrator'), () => void refetch())
  if (platform === null) return whileLoading
  return <PlatformContext value={platform}>{children}</PlatformContext>
}

/** Tells why the page is in another organization, when nobody has chosen that. */
function useMoveTold(all: readonly Organization[] | undefined, organization: Organization | undefined): void {
  const before = useRef(organization)
  const tell = useTell()
  useEffect(() => {
    const left = before.current
    before.current = organization
    if (left === undefined || organization === undefined || all?.some(({ id }) => id === left.id) !== false) return
    tell.done(`You are in ${left.name} no more, and work in ${organization.name} now`)
  }, [all, organization, tell])
}

interface Connection extends Pick<Platform, 'daytona' | 'watcher' | 'events'> {
  readonly organizationId: string
}

/** The client and the events of an organization, for as long as it is the chosen one. */
function useConnection(keeper: SessionKeeper, organizationId: string | undefined) {
  const queries = useQueryClient()
  const [connection, setConnection] = useState<Connection | null>(null)
  useEffect(() => {
    if (organizationId === undefined) return
    // The bearer of each call is the keeper's; this one only says that there is one.
    const settings = { jwtToken: 'session', organizationId, apiUrl }
    const daytona = new Daytona({ ...settings, fetch: keeper.fetch })
    const watcher = new Daytona({ ...settings, fetch: asWatcher(keeper.fetch) })
    const events = openEvents(keeper, daytona)
    let wasLost = false
    const stop = events.onStatus(() => {
      // What happened meanwhile was not told.
      if (events.status() === 'live' && wasLost) void queries.invalidateQueries()
      wasLost = events.status() !== 'live'
      // It may be suspended, which the page tells then.
      if (events.status() === 'refused') void queries.invalidateQueries({ queryKey: ['organizations'] })
    })
    const stopAccess = events.on('access.updated', () => {
      void queries.invalidateQueries({ queryKey: ['members', organizationId] })
      void queries.invalidateQueries({ queryKey: ['organizations'] })
    })
    setConnection({ organizationId, daytona, watcher, events })
    return () => {
      stop()
      stopAccess()
      void events.close()
      setConnection(null)
    }
  }, [keeper, organizationId, queries])
  return connection
}

/** Says with each call that it is no use of the sandbox. */
function asWatcher(send: typeof fetch): typeof fetch {
  return (input, init) => {
    const headers = new Headers(init?.headers)
    headers.set('x-daytona-skip-last-activity-update', 'true')
    return send(input, { ...init, headers })
  }
}
