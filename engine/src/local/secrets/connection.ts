import { Agent } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Secretive } from '../network/secretive.ts'
import type { Dialer } from './dial.ts'

/** One connection of a sandbox to a host, and ours to the same host for it. */
export interface Connection {
  readonly who: Secretive
  /** the host, in lower case */
  readonly name: string
  /** for requests: one connection, which is made with the first of them */
  readonly agent: Agent
  /** Connects to the host with TLS. */
  open(): Promise<Duplex>
  /** Connects to the host; bytes as they are. */
  openPlain(): Promise<Socket>
  /** Ends it when the sandbox may no longer have it. */
  review(): void
  destroy(): void
}

/** Silence after which a connection is taken for dead, ms: answers of models take their time. */
export const silenceMs = 3_600_000

/** Makes the connection's record; `socket` is the sandbox's end. */
export function createConnection(socket: Socket, who: Secretive, name: string, dialer: Dialer): Connection {
  const opened = new Set<Socket>()
  let address: string | null = null
  let isOver = false

  // Each that has to do with a connection waits for its end.
  socket.setMaxListeners(30)

  const destroy = (): void => {
    if (isOver) return
    isOver = true
    agent.destroy()
    for (const one of opened) one.destroy()
    socket.destroy()
  }
  socket.once('close', destroy)

  function watch<S extends Socket>(one: S): S {
    if (isOver) {
      one.on('error', () => {}).destroy()
      throw new Error('The sandbox has gone')
    }
    opened.add(one)
    one.once('close', () => opened.delete(one))
    one.on('error', () => {}) // Who uses it sees that it is closed.
    return one
  }

  /** Once TLS has it, the socket itself hears nothing of what passes: silence is counted by what is used in the end. */
  function endInSilence<S extends Socket>(one: S): S {
    one.setTimeout(silenceMs, () => one.destroy())
    return one
  }

  const dial = async (): Promise<Socket> =>
    watch(
      await dialer.dial(who, name, (reached) => {
        address = reached
      }),
    )
  const openPlain = async (): Promise<Socket> => endInSilence(await dial())
  const open = async (): Promise<Duplex> => endInSilence(watch(await dialer.secure(await dial(), name)))

  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  agent.createConnection = (_, done) => {
    open().then(
      (stream) => done?.(null, stream),
      (fault: Error) => done?.(fault, undefined as never),
    )
    return undefined
  }

  return {
    who,
    name,
    agent,
    open,
    openPlain,
    review() {
      const isAllowed = address === null ? who.mayAsk(name) : who.mayReach(name, address)
      if (!isAllowed) destroy()
    },
    destroy,
  }
}
