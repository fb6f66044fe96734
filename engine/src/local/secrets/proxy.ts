import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import { pipeline } from 'node:stream'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import type { RevealSecrets } from '@sandyard/protocol'
import { createFairShares } from '@sandyard/protocol/fair-shares'
import { BoundedResponse } from '@sandyard/protocol/pipelines'
import type { NameGuard } from '../network/answer.ts'
import type { Places } from '../network/places.ts'
import type { Secretive } from '../network/secretive.ts'
import type { Authority } from './authority.ts'
import { mostHelloBytes, readHello } from './client-hello.ts'
import { type Connection, createConnection, silenceMs } from './connection.ts'
import type { Dialer } from './dial.ts'
import { Answer, answerWith, exchange, type Reveal } from './exchange.ts'
import { upgrade } from './upgrade.ts'

/** Puts the values of secrets into requests that sandboxes send to the hosts of these. */
export interface SecretsProxy {
  /** where it listens, at the gateway */
  readonly port: number
  /** From where values come. */
  revealWith(reveal: RevealSecrets): void
  close(): Promise<void>
}

/** What it needs. */
export interface ProxyOptions {
  /** address that it listens on */
  readonly gateway: string
  /** ports to try, the first one first; see `takeConnections` */
  readonly ports: readonly number[]
  readonly places: Pick<Places, 'secretiveAt'> & Pick<NameGuard, 'onChange'>
  readonly authority: Authority
  readonly dialer: Dialer
  /** connections of all sandboxes, and of one; absent: the usual ones */
  readonly limits?: { readonly all: number; readonly own: number }
}

/** Those that only root can bind: while the platform is down, nobody else gets what sandboxes send there. */
export const proxyPorts: readonly number[] = [444, 446, 447, 448]

/** Connections of all sandboxes, and of one; when there are too many, those that have most make room. */
const connectionLimits = { all: 4096, own: 256 }
/** Time for the first bytes, and for the handshake, ms. */
const beginMs = 10_000
/** Bytes of the head of a request. */
const mostHeadBytes = 64 * 1024
/** How long a connection may be quiet between two requests, ms: longer than most hosts allow. */
const keepAliveMs = 120_000

/** Listens at the gateway for connections that the firewall takes there. Throws when all ports are taken. */
export async function openProxy(options: ProxyOptions): Promise<SecretsProxy> {
  const { gateway, places, authority, dialer, limits = connectionLimits } = options
  let revealing: RevealSecrets | undefined
  const reveal: Reveal = () => revealing
  const byAddress = new Map<string, Set<Connection>>()
  /** by address and port of the sandbox's end */
  const expected = new Map<string, Connection>()
  const byTls = new WeakMap<object, Connection>()
  const shares = createFairShares(limits)

  const http = createHttpServer({
    maxHeaderSize: mostHeadBytes,
    keepAliveTimeout: keepAliveMs,
    requestTimeout: 0,
    headersTimeout: 0,
    requireHostHeader: false,
    noDelay: true,
    ServerResponse: BoundedResponse,
  })
  http.timeout = silenceMs
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const connection = byTls.get(request.socket)
    if (connection === undefined || request.socket.destroyed) response.destroy()
    else exchange(request, response, connection, reveal).catch((fault: unknown) => answerWith(response, fault))
  }
  http.on('request', serve)
  http.on('checkContinue', serve)
  http.on('checkExpectation', (_, response) =>
    answerWith(response, new Answer(417, 'Only 100-continue can be expected')),
  )
  http.on('connect', (_, socket) => socket.destroy())
  http.on('upgrade', (request, socket, head) => {
    const connection = byTls.get(request.socket)
    if (connection === undefined) socket.destroy()
    else upgrade(request, socket, head, connection, reveal).catch(() => connection.destroy())
  })

  const tls = createTlsServer({
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: beginMs,
    SNICallback: (name, done) => {
      try {
        done(null, authority.contextFor(name.toLowerCase()))
      } catch (fault) {
        done(fault as Error) // no certificate can be made for it
      }
    },
  })
  tls.on('tlsClientError', (_, socket) => socket.destroy())
  tls.on('secureConnection', (socket: TLSSocket) => {
    const connection = expected.get(endOf(socket))
    // What TLS has understood counts as much as what was read before.
    if (connection === undefined || String(socket.servername).toLowerCase() !== connection.name) {
      socket.destroy()
      return
    }
    byTls.set(socket, connection)
    http.emit('connection', socket)
  })

  function remember(address: string, connection: Connection, socket: Socket): void {
    const end = endOf(socket)
    const all = byAddress.get(address) ?? new Set()
    byAddress.set(address, all.add(connection))
    expected.set(end, connection)
    socket.once('close', () => {
      all.delete(connection)
      if (all.size === 0 && byAddress.get(address) === all) byAddress.delete(address)
      if (expected.get(end) === connection) expected.delete(end)
    })
  }

  /** Goes by the name that the program asks for: it is a host of secrets, or another one at the same address. */
  async function begin(socket: Socket, who: Secretive, name: string, address: string): Promise<void> {
    const connection = createConnection(socket, who, name, dialer)
    remember(address, connection, socket)
    if (!who.isSecretHost(name)) {
      const outside = await connection.openPlain()
      pipeline(socket, outside, socket, () => connection.destroy())
      return
    }
    tls.emit('connection', socket)
  }

  const server = await listen(gateway, options.ports, (socket) => {
    const address = socket.remoteAddress ?? ''
    socket.on('error', () => socket.destroy())
    const giveBack = shares.take(address, () => socket.destroy())
    if (giveBack === null) {
      socket.destroy()
      return
    }
    socket.once('close', giveBack)
    take(socket, address).catch(() => socket.destroy())
  })

  async function take(socket: Socket, address: string): Promise<void> {
    const who = await places.secretiveAt(address)
    const name = who === undefined ? null : await readName(socket)
    if (who === undefined || name === null) socket.resetAndDestroy()
    else await begin(socket, who, name, address)
  }

  places.onChange((address) => {
    for (const connection of byAddress.get(address) ?? []) connection.review()
  })
  const { port } = server.address() as { port: number }
  return {
    port,
    revealWith(next) {
      revealing = next
    },
    async close() {
      shares.endAll()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function endOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

/** The host that the first bytes name; they are put back. `null` for none. */
function readName(socket: Socket): Promise<string | null> {
  return new Promise((resolve) => {
    let held = Buffer.alloc(0)
    const finish = (name: string | null): void => {
      clearTimeout(timer)
      socket.off('data', read).off('close', leave).off('end', leave)
      socket.pause()
      if (name !== null) socket.unshift(held)
      resolve(name)
    }
    const leave = (): void => finish(null)
    const read = (chunk: Buffer): void => {
      held = Buffer.concat([held, chunk])
      const hello = readHello(held)
      if (hello.kind === 'more' && held.length < mostHelloBytes) return
      finish(hello.kind === 'hello' ? hello.name : null)
    }
    // For all of it: who sends a byte now and then is not waited for.
    const timer = setTimeout(leave, beginMs)
    socket.on('data', read).once('close', leave).once('end', leave)
  })
}

async function listen(gateway: string, ports: readonly number[], take: (socket: Socket) => void): Promise<Server> {
  for (const port of ports) {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, take)
    const fault = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once('error', resolve)
      server.listen(port, gateway, () => resolve(undefined))
    })
    if (fault === undefined) return server
    if (fault.code !== 'EADDRINUSE') throw fault
  }
  throw new Error(`The ports ${ports.join(', ')} of ${gateway} are taken by other programs: secrets need one of them`)
}
