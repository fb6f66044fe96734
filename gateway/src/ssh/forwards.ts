import { type Arrival, limits } from '@sandyard/protocol'
import type { ServerChannel } from 'ssh2'
import type { Attach } from './attachment.ts'
import { carry } from './carry.ts'
import { openAgentChannel, socketOf } from './library.ts'
import type { Link } from './link.ts'
import { type InsideListener, listenInside } from './listeners.ts'

/** What forwards of one connection share. */
export interface ForwardPlace {
  readonly link: Link
  readonly attach: Attach
  /** counts one channel more; false when there are as many as may be */
  enter(): boolean
  leave(): void
}

/** Requests that wait behind one that the sandbox has not answered; a client that sends more is let go. */
const mostBehind = 256

type Accept = () => ServerChannel | undefined
type OnOpened = (error: Error | undefined, channel: ServerChannel) => void

/** Connections from the client into the sandbox (`ssh -L`). */
export function serveOutward(place: ForwardPlace): void {
  const { link, attach } = place
  const serve = (accept: Accept, reject: () => void, query: Readonly<Record<string, string | number>>): void => {
    if (!place.enter()) {
      reject()
      return
    }
    attach('connect', query).then(
      (inside) => {
        let channel: ServerChannel | undefined
        if (!link.act(() => (channel = accept())) || channel === undefined) {
          place.leave()
          inside.destroy()
          return
        }
        leaveWith(place, channel)
        carry(link, channel, inside)
      },
      () => {
        place.leave()
        link.act(reject)
      },
    )
  }
  link.connection.on('tcpip', (accept, reject, { destIP, destPort }) => {
    serve(accept as Accept, reject, { host: destIP, port: destPort })
  })
  link.connection.on('openssh.streamlocal', (accept, reject, { socketPath }) => {
    serve(accept as Accept, reject, { path: socketPath })
  })
}

/** Connections from the sandbox to the client (`ssh -R`), and to its SSH agent. */
export function serveInward(place: ForwardPlace): { agentSocket(): Promise<string | null> } {
  const { link, attach } = place
  const listeners = new Map<string, InsideListener | null>()
  let agent: Promise<string | null> | null = null
  /** Requests since one has begun to wait for the sandbox: answers come in turn, and the library keeps all behind it. */
  const behind = { waiting: 0, count: 0 }
  link.onClosed(() => {
    for (const listener of listeners.values()) listener?.close()
    listeners.clear()
  })

  /** Opens a channel to the client for one who has come, and joins the two. */
  const letIn = (arrival: Arrival, open: (opened: OnOpened) => void): void => {
    const drop = (): void =>
      void attach('take', { id: arrival.id })
        .then((inside) => inside.destroy())
        .catch(() => {})
    if (!place.enter()) {
      drop()
      return
    }
    const isAsked = link.act(() => {
      open((error, channel) => {
        if (error !== undefined) {
          place.leave()
          drop()
          return
        }
        leaveWith(place, channel)
        attach('take', { id: arrival.id }).then(
          (inside) => carry(link, channel, inside),
          () => link.act(() => channel.close()),
        )
      })
    })
    if (!isAsked) place.leave()
  }

  const listen = async (
    key: string,
    query: Readonly<Record<string, string | number>>,
    open: (arrival: Arrival, listener: InsideListener, opened: OnOpened) => void,
  ): Promise<InsideListener> => {
    if (listeners.size >= limits.sshListeners || listeners.has(key)) throw new Error('too many listeners')
    listeners.set(key, null)
    behind.waiting++
    try {
      const listener: InsideListener = await listenInside(attach, query, (arrival) => {
        letIn(arrival, (opened) => open(arrival, listener, opened))
      })
      if (link.isClosed || !listeners.has(key)) {
        listener.close()
        throw new Error('The client has gone')
      }
      listeners.set(key, listener)
      return listener
    } catch (error) {
      listeners.delete(key)
      throw error
    } finally {
      behind.waiting--
    }
  }
  const cancel = (key: string): boolean => {
    const listener = listeners.get(key)
    listener?.close()
    return listeners.delete(key)
  }

  link.connection.on('request', (accept, reject, name, info) => {
    const yes = (port?: number): void => void link.act(() => accept?.(port))
    const no = (): void => void link.act(() => reject?.())
    behind.count = behind.waiting === 0 ? 0 : behind.count + 1
    if (behind.count > mostBehind) return void socketOf(link.connection).destroy()
    const { bindAddr, bindPort, socketPath } = info as { bindAddr: string; bindPort: number; socketPath: string }
    switch (name as string) {
      case 'tcpip-forward':
        listen(
          `${bindAddr} ${bindPort}`,
          { host: bindAddr, port: bindPort },
          ({ host, port }, { listening }, opened) => {
            link.connection.forwardOut(bindAddr, listening.port ?? bindPort, host, port, opened as never)
          },
        ).then((listener) => {
          const { port } = listener.listening
          // It is cancelled by the port that was told.
          if (bindPort === 0) {
            listeners.delete(`${bindAddr} 0`)
            listeners.set(`${bindAddr} ${port}`, listener)
          }
          yes(port)
        }, no)
        return
      case 'streamlocal-forward@openssh.com':
        listen(socketPath, { path: socketPath }, (_arrival, _listener, opened) => {
          link.connection.openssh_forwardOutStreamLocal(socketPath, opened as never)
        }).then(() => yes(), no)
        return
      case 'cancel-tcpip-forward':
        return cancel(`${bindAddr} ${bindPort}`) ? yes() : no()
      case 'cancel-streamlocal-forward@openssh.com':
        return cancel(socketPath) ? yes() : no()
      default:
        no()
    }
  })

  return {
    agentSocket() {
      agent ??= listen('agent', { kind: 'agent' }, (_arrival, _listener, opened) => {
        openAgentChannel(link.connection, opened)
      }).then(
        ({ listening }) => listening.path ?? null,
        () => null,
      )
      return agent
    },
  }
}

function leaveWith(place: ForwardPlace, channel: ServerChannel): void {
  let hasLeft = false
  const leave = (): void => {
    if (!hasLeft) place.leave()
    hasLeft = true
  }
  channel.once('finish', leave)
  place.link.onClosed(leave)
}
