import { io } from 'socket.io-client'
import type { SessionKeeper } from '../session/keeper.ts'

/** How the connection that events come by is. */
export type EventsStatus = 'connecting' | 'live' | 'lost'

/** What the platform tells as it happens. */
export interface Events {
  status(): EventsStatus
  /** Told of each change of the status; so is a lost connection that is back, after which everything may have changed. */
  onStatus(listener: () => void): () => void
  /** Told of each event of the name, with what it carries. */
  on(name: string, listener: (payload: never) => void): () => void
  close(): void
}

/** Opens the events of an organization. The connection comes back by itself, with the bearer of then. */
export function openEvents(keeper: SessionKeeper, organizationId: string): Events {
  let status: EventsStatus = 'connecting'
  const listeners = new Set<() => void>()
  const bearer = (): string => {
    const state = keeper.state()
    return state.kind === 'in' ? state.session.token : ''
  }
  const socket = io(location.origin, {
    path: '/api/socket.io/',
    transports: ['websocket'],
    auth: (give) => give({ token: bearer() }),
    query: { organizationId },
    reconnectionDelay: 500,
    reconnectionDelayMax: 8000,
  })
  let again: ReturnType<typeof setTimeout> | undefined

  function become(next: EventsStatus): void {
    if (next === status) return
    status = next
    for (const listener of listeners) listener()
  }

  /** The library comes back by itself from a broken connection, and not from one that was refused. */
  async function returnAfterRefusal(): Promise<void> {
    const used = bearer()
    const fresh = await keeper.renew(used).catch(() => used)
    if (fresh !== null) again = setTimeout(() => socket.connect(), fresh === used ? 5000 : 0)
  }

  socket.on('connect', () => become('live'))
  socket.on('disconnect', (reason) => {
    become('lost')
    if (reason === 'io server disconnect') void returnAfterRefusal()
  })
  socket.on('connect_error', () => {
    become('lost')
    if (!socket.active) void returnAfterRefusal()
  })
  const hurry = (): void => void socket.connect()
  addEventListener('online', hurry)

  return {
    status: () => status,
    onStatus(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    on(name, listener) {
      socket.on(name, listener as (payload: unknown) => void)
      return () => socket.off(name, listener as (payload: unknown) => void)
    },
    close() {
      clearTimeout(again)
      removeEventListener('online', hurry)
      socket.disconnect()
    },
  }
}
