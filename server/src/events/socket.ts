import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { Server as SocketServer } from 'socket.io'
import type { AccessChange } from '../auth/access-change.ts'
import type { Authenticate } from '../auth/authenticate.ts'
import type { Principal } from '../auth/principal.ts'
import { type Site, siteOf } from '../previews/site.ts'
import type { Feed, SandboxChange, SnapshotChange, VolumeChange } from '../sandboxes/feed.ts'
import { toWire } from '../sandboxes/wire.ts'
import { own } from '../snapshots/find.ts'
import { toWireSnapshot } from '../snapshots/wire.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import { toWireVolume } from '../volumes/wire.ts'
import { boundBacklog } from './backlog.ts'

/** Connections at a time: of all, known or not, and of one organization. */
const mostConnections = 10_000
const mostOfOrganization = 1000

/** Where clients connect (api.md 3.10). */
const eventsPath = '/api/socket.io/'

/** Tells connected clients what happens to their organization's sandboxes, snapshots and volumes. */
export interface Events {
  /** Takes an upgrade request for `eventsPath`; `false` when it is for somebody else. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean
  close(): Promise<void>
}

/** What it needs. */
interface Parts {
  readonly authenticate: Authenticate
  readonly accessFeed: Feed<AccessChange>
  readonly feed: Feed<SandboxChange>
  readonly snapshotFeed: Feed<SnapshotChange>
  readonly volumeFeed: Feed<VolumeChange>
  readonly home: Site
  readonly clock: () => number
  /** time between two signs of life that clients are asked for, ms */
  readonly pingMs?: number
}

interface Client {
  /** asked again when somebody may do less than before */
  readonly bearer: string
  readonly principal: Principal
  readonly site: Site
}

type ServerEvents = Record<string, (payload: unknown) => void>

/** Makes the Socket.IO endpoint. What clients send besides their key is ignored. */
export function createEvents(parts: Parts): Events {
  const { authenticate, accessFeed, feed, snapshotFeed, volumeFeed, home, clock, pingMs = 25_000 } = parts
  const io = new SocketServer<Record<string, never>, ServerEvents, Record<string, never>, Partial<Client>>({
    path: eventsPath,
    transports: ['websocket'],
    serveClient: false,
    connectTimeout: 10_000,
    pingInterval: pingMs,
    pingTimeout: 20_000,
    maxHttpBufferSize: 64 * 1024,
  })
  // Socket.IO wants a server to attach to; this one never listens, upgrades are handed in.
  io.attach(createHttpServer())
  io.engine.on('connection', boundBacklog)

  io.use((socket, next) => {
    const { token } = socket.handshake.auth as Record<string, unknown>
    const { organizationId } = socket.handshake.query
    const bearer = typeof token === 'string' ? token : ''
    void authenticate(bearer, typeof organizationId === 'string' ? organizationId : null).then((principal) => {
      if (principal === null || principal.suspension !== null) return next(new Error('Invalid credentials'))
      const { organizationId: room } = principal
      if (room !== null && (io.of('/').adapter.rooms.get(room)?.size ?? 0) >= mostOfOrganization) {
        return next(new Error('Too many connections'))
      }
      const { host } = socket.handshake.headers
      const said = [socket.handshake.headers['x-forwarded-proto'] ?? []].flat()[0]
      const forwardedProto = said ?? (socket.handshake.secure ? 'https' : undefined)
      socket.data = { bearer, principal, site: siteOf({ host, forwardedProto }, home) }
      next()
    }, next)
  })
  io.on('connection', (socket) => {
    const { principal } = socket.data
    if (principal === undefined) throw new Error('A connection without a principal')
    if (principal.organizationId !== null) void socket.join(principal.organizationId)
    void recheck(socket)
  })

  /** Ends a connection whose credential is good no more, or not for the organization that it listens to; true: it stays. */
  async function recheck(socket: { data: Partial<Client>; disconnect(close: boolean): unknown }): Promise<boolean> {
    const { bearer = '', principal } = socket.data
    const now = await authenticate(bearer, principal?.organizationId).catch(() => null)
    const isGood = now !== null && now.suspension === null && now.organizationId === principal?.organizationId
    if (!isGood) socket.disconnect(true)
    return isGood
  }

  const unsubscribeAccess = accessFeed.subscribe(({ userId, organizationId }) => {
    for (const socket of io.of('/').sockets.values()) {
      const { principal } = socket.data
      if (userId !== undefined && principal?.userId !== userId) continue
      if (organizationId !== undefined && principal?.organizationId !== organizationId) continue
      // What people may do may be less or more than before; what it is, the API tells. Clients with keys know no such event.
      void recheck(socket).then((stays) => stays && principal?.kind === 'user' && socket.emit('access.updated', {}))
    }
  })

  function emit(organizationId: string, name: string, payload: (site: Site) => unknown): void {
    for (const id of io.of('/').adapter.rooms.get(organizationId) ?? []) {
      const socket = io.of('/').sockets.get(id)
      const { principal, site } = socket?.data ?? {}
      if (socket === undefined || principal === undefined || site === undefined) continue
      if ((principal.expiresAtMs ?? Number.POSITIVE_INFINITY) <= clock()) socket.disconnect(true)
      else socket.emit(name, payload(site))
    }
  }

  const unsubscribe = feed.subscribe(({ before, after }: SandboxChange) => {
    const sandboxFor = (site: Site) => toWire(after, site)
    if (before === null) return emit(after.organizationId, 'sandbox.created', sandboxFor)
    for (const { name, oldKey, newKey, field } of stateEvents) {
      if (before[field] === after[field]) continue
      emit(after.organizationId, name, (site) => ({
        sandbox: sandboxFor(site),
        [oldKey]: before[field],
        [newKey]: after[field],
      }))
    }
  })

  const unsubscribeSnapshots = snapshotFeed.subscribe(({ before, after }: SnapshotChange) => {
    if (before === null && after !== null)
      emit(after.organizationId, 'snapshot.created', () => toWireSnapshot(own(after)))
    if (before !== null && after === null)
      emit(before.organizationId, 'snapshot.removed', () => toWireSnapshot(own(before)))
    if (before === null || after === null || before.state === after.state) return
    const change = { snapshot: toWireSnapshot(own(after)), oldState: before.state, newState: after.state }
    emit(after.organizationId, 'snapshot.state.updated', () => change)
  })

  const unsubscribeVolumes = volumeFeed.subscribe(({ before, after }: VolumeChange) => {
    const volume = toWireVolume(after)
    if (before === null) return emit(after.organizationId, 'volume.created', () => volume)
    if (before.state !== after.state) {
      const change = { volume, oldState: before.state, newState: after.state }
      emit(after.organizationId, 'volume.state.updated', () => change)
    }
    if (before.lastUsedAtMs !== after.lastUsedAtMs) {
      emit(after.organizationId, 'volume.lastUsedAt.updated', () => volume)
    }
  })

  return {
    handleUpgrade(request, socket, head) {
      const path = (request.url ?? '').split('?', 1)[0]
      if (path !== eventsPath && path !== eventsPath.slice(0, -1)) return false
      if (io.engine.clientsCount >= mostConnections)
        socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n')
      else io.engine.handleUpgrade(request, socket, head)
      return true
    },
    async close() {
      unsubscribe()
      unsubscribeAccess()
      unsubscribeSnapshots()
      unsubscribeVolumes()
      await io.close()
    },
  }
}

/** The two events that tell of a change, and what they call the values. */
const stateEvents: readonly {
  name: string
  oldKey: string
  newKey: string
  field: keyof Pick<SandboxRecord, 'state' | 'desiredState'>
}[] = [
  { name: 'sandbox.state.updated', oldKey: 'oldState', newKey: 'newState', field: 'state' },
  {
    name: 'sandbox.desired-state.updated',
    oldKey: 'oldDesiredState',
    newKey: 'newDesiredState',
    field: 'desiredState',
  },
]
