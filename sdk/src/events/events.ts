import { DaytonaConnectionError, DaytonaError } from '../errors.ts'
import { createSettling } from '../settle.ts'
import type { WebSocketClass } from '../socket.ts'
import { holdLine, type LineEnd } from './line.ts'
import type { PlatformEvents } from './names.ts'

/**
 * How the connection is. `lost`: it is tried again; `refused`: the platform lets nobody in with this credential, which is
 * tried again too, as one that was suspended may come back; `closed`: for good.
 */
export type EventsStatus = 'connecting' | 'live' | 'lost' | 'refused' | 'closed'

/** How events are listened to. */
export interface EventsOptions {
  /**
   * Gives the credential of each connection, instead of the client's. `refused` is the one that the platform took no more;
   * `null` as the answer closes the events.
   */
  token?: ((refused: string | null) => string | null | Promise<string | null>) | undefined
  /** ms before it is tried again; doubles with each time, up to `longestWaitMs`. Default 500 */
  firstWaitMs?: number | undefined
  /** default 10000 */
  longestWaitMs?: number | undefined
}

/** Where events come from. */
export interface EventsPlace {
  /** of the API */
  readonly apiUrl: string
  readonly token: string
  readonly organizationId: string | undefined
  readonly WebSocket: WebSocketClass | undefined
}

type Listener = (payload: never) => void

/**
 * What happens to the sandboxes, snapshots and volumes of an organization, told as it happens. The connection comes back
 * by itself; what happened while it was away is not told, so read what matters again when it is `live` anew.
 */
export class Events implements AsyncDisposable {
  readonly #place: EventsPlace
  readonly #options: EventsOptions
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #statusListeners = new Set<() => void>()
  readonly #closing = new AbortController()
  #status: EventsStatus = 'connecting'
  #reason = ''
  #hurry: () => void = () => {}
  readonly #done: Promise<void>

  /** @internal `daytona.events()` makes them */
  constructor(place: EventsPlace, options: EventsOptions) {
    this.#place = place
    this.#options = options
    this.#done = this.#run().finally(() => this.#become('closed'))
  }

  /** How the connection is now. */
  status(): EventsStatus {
    return this.#status
  }

  /** Why it was lost or refused the last time; empty before. */
  get reason(): string {
    return this.#reason
  }

  /** Calls back after each change of the status. @returns what stops that */
  onStatus(listener: () => void): () => void {
    this.#statusListeners.add(listener)
    return () => void this.#statusListeners.delete(listener)
  }

  /** Calls back for each event of the name. @returns what stops that */
  on<Name extends keyof PlatformEvents>(name: Name, listener: (payload: PlatformEvents[Name]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    // The same function may be given twice.
    const own: Listener = (payload) => listener(payload)
    listeners.add(own)
    return () => void listeners.delete(own)
  }

  /**
   * Settles when it is live: what happens from then on is told.
   *
   * @throws DaytonaConnectionError when it is refused or closed
   */
  async ready(): Promise<void> {
    const { promise, resolve, reject } = createSettling<void>()
    const look = (): void => {
      if (this.#status === 'live') resolve()
      if (this.#status === 'refused' || this.#status === 'closed')
        reject(new DaytonaConnectionError(`No events: ${this.#reason || 'they were closed'}`))
    }
    const stop = this.onStatus(look)
    look()
    await promise.finally(stop)
  }

  /** Tries at once, where it would wait; for when a program knows that the network is back. */
  tryNow(): void {
    this.#hurry()
  }

  /** Ends the connection for good. */
  async close(): Promise<void> {
    this.#closing.abort(new DaytonaError('closed'))
    this.#hurry()
    await this.#done
  }

  /** The same as `close`, so that `await using` does it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #run(): Promise<void> {
    const { firstWaitMs = 500, longestWaitMs = 10_000 } = this.#options
    const { signal } = this.#closing
    let refused: string | null = null
    let waitMs = firstWaitMs
    while (!signal.aborted) {
      const { token, end, wasLive } = await this.#tryOnce(refused)
      if (token === null || signal.aborted) return
      this.#reason = end.reason
      this.#become(end.kind === 'refused' ? 'refused' : 'lost')
      if (wasLive) waitMs = firstWaitMs
      const isOld = end.kind !== 'lost' && refused === null
      refused = end.kind === 'lost' ? null : token
      // A credential that has grown old is renewed and tried at once, but only once.
      if (isOld) continue
      await this.#wait(waitMs)
      waitMs = Math.min(waitMs * 2, longestWaitMs)
    }
  }

  async #tryOnce(refused: string | null): Promise<{ token: string | null; end: LineEnd; wasLive: boolean }> {
    let wasLive = false
    const { signal } = this.#closing
    const { apiUrl, organizationId, WebSocket } = this.#place
    const query = new URLSearchParams({ EIO: '4', transport: 'websocket' })
    if (organizationId !== undefined) query.set('organizationId', organizationId)
    const own = (): string => this.#place.token
    try {
      const token = await (this.#options.token ?? own)(refused)
      if (token === null || signal.aborted) return { token: null, end: { kind: 'lost', reason: '' }, wasLive }
      const end = await holdLine({
        url: `${apiUrl}/socket.io/?${query}`,
        token,
        WebSocket,
        signal,
        onLive: () => {
          wasLive = true
          this.#become('live')
        },
        onEvent: (name, payload) => this.#tell(this.#listeners.get(name) ?? [], payload as never),
      })
      return { token, end, wasLive }
    } catch (error) {
      // Whoever gives the credential could not; the one of before is still the refused one.
      return {
        token: refused ?? '',
        end: { kind: refused === null ? 'lost' : 'dismissed', reason: String(error) },
        wasLive,
      }
    }
  }

  /** Nobody comes back at the same moment as all others. */
  async #wait(ms: number): Promise<void> {
    const { promise, resolve } = createSettling<void>()
    this.#hurry = () => resolve()
    if (this.#closing.signal.aborted) return
    const timer = setTimeout(resolve, ms * (0.75 + Math.random() / 2))
    await promise
    clearTimeout(timer)
    this.#hurry = () => {}
  }

  #become(status: EventsStatus): void {
    if (status === this.#status || this.#status === 'closed') return
    this.#status = status
    this.#tell(this.#statusListeners as ReadonlySet<Listener>, undefined as never)
  }

  /** A listener that fails does so by itself, as it would anywhere else; the others are told all the same. */
  #tell(listeners: Iterable<Listener>, payload: never): void {
    for (const listener of [...listeners]) {
      try {
        listener(payload)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
