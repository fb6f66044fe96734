import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls'
import type { Answered } from '../network/ask.ts'
import type { Secretive } from '../network/secretive.ts'

/** How connections are made on behalf of sandboxes. */
export interface Dialer {
  /**
   * Connects to the HTTPS port of a name; `reached` is told the address before. Throws Refused when the sandbox may not.
   */
  dial(who: Secretive, name: string, reached: (address: string) => void): Promise<Socket>
  /** Begins TLS as a client, and checks that the other side is the host. */
  secure(socket: Socket, name: string): Promise<TLSSocket>
}

/** What it needs. */
export interface DialerOptions {
  /** address of the host that they come from; the firewall judges them by it */
  readonly outlet: string
  /** asks a name server for the addresses of a name */
  readonly ask: (name: string) => Promise<Answered | undefined>
  /** the authorities that hosts are checked by */
  readonly roots: SecureContext
}

/** A sandbox may not connect there, or nobody can. In words for its program. */
export class Refused extends Error {}

const httpsPort = 443
/** Time to connect to one address, and for a TLS handshake, ms. */
const connectMs = 10_000
/** Addresses of a name that are tried. */
const mostTried = 3

/** Makes the dialer. Each address that is dialled is one that was checked: the name is not looked up again in between. */
export function createDialer({ outlet, ask, roots }: DialerOptions): Dialer {
  return {
    async dial(who, name, reached) {
      const addresses = await who.addressesOf(name, () => ask(name))
      if (addresses === null) {
        who.refused(name, httpsPort, 'not-allowed')
        throw new Refused(`The network rules of the sandbox do not allow ${name}`)
      }
      if (addresses.length === 0) throw new Refused(`${name} has no IPv4 address`)
      const open = addresses.filter((address) => who.mayReach(name, address)).slice(0, mostTried)
      if (open.length === 0) {
        who.refused(name, httpsPort, 'not-allowed')
        throw new Refused(`The network rules of the sandbox do not allow the addresses of ${name}`)
      }
      let fault: unknown
      for (const address of open) {
        // The rules may have changed while the one before was tried.
        if (!who.mayReach(name, address)) continue
        reached(address)
        try {
          return await connectTo(address, outlet)
        } catch (error) {
          fault = error
        }
      }
      throw new Refused(
        `${name} cannot be reached: ${fault instanceof Error ? fault.message : 'its rules have changed'}`,
      )
    },
    secure(socket, name) {
      const tls = connectTls({
        socket,
        servername: name,
        secureContext: roots,
        ALPNProtocols: ['http/1.1'],
        minVersion: 'TLSv1.2',
        rejectUnauthorized: true,
      })
      return settle(tls, 'secureConnect', (why) => new Refused(`No safe connection to ${name}: ${why}`))
    },
  }
}

function connectTo(address: string, localAddress: string): Promise<Socket> {
  const socket = connectPlain({ host: address, port: httpsPort, localAddress, allowHalfOpen: true, noDelay: true })
  return settle(socket, 'connect', (why) => new Error(why))
}

/** Waits for the event; destroys the socket when it does not come in time. */
function settle<S extends Socket>(socket: S, event: string, faultOf: (why: string) => Error): Promise<S> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(new Error('it took too long')), connectMs)
    const fail = (fault: Error): void => {
      clearTimeout(timer)
      socket.removeListener(event, done).removeListener('error', fail).removeListener('close', closed)
      socket.on('error', () => {}) // It is told of once.
      socket.destroy()
      reject(faultOf(fault.message))
    }
    const closed = (): void => fail(new Error('it was closed'))
    const done = (): void => {
      clearTimeout(timer)
      socket.removeListener('error', fail).removeListener('close', closed)
      resolve(socket)
    }
    socket.once(event, done).once('error', fail).once('close', closed)
  })
}
