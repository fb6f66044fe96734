import { createSocket, type Socket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { connect, createServer, isIPv4, type Server, type Socket as TcpSocket } from 'node:net'
import { pipeline } from 'node:stream'

/** Answers the sandboxes' DNS queries by asking the host's own resolvers. */
export interface Resolver {
  close(): Promise<void>
}

/** What tests need to be other than usual. */
export interface ResolverOptions {
  /** port that it listens on and asks at */
  readonly port: number
  /** addresses of the resolvers to ask, the first one is asked */
  readonly upstreams: () => readonly string[]
}

/** Queries under way at a time, of all and of one sandbox; further ones are dropped, and their senders ask again. */
const queryLimit = 4096
const ownQueryLimit = 128
const queryTimeoutMs = 5000
const connectionLimit = 256
const ownConnectionLimit = 16

/**
 * Listens on the sandboxes' gateway address, UDP and TCP, and passes every query on to a resolver of the host.
 * Sandboxes can ask nobody else in closed ranges, so a company's inner resolver works for them without being open.
 */
export async function openResolver(gateway: string, options: Partial<ResolverOptions> = {}): Promise<Resolver> {
  const { port = 53, upstreams = () => readUpstreams(gateway) } = options
  const udp = await listenUdp(gateway, port)
  const connections = new Set<TcpSocket>()
  const tcp = await listenTcp(gateway, { port, upstreams }, connections).catch((error: unknown) => {
    udp.close()
    throw error
  })
  const pending = new Map<Socket, () => void>()
  const senders = createShares(ownQueryLimit)
  udp.on('message', (query, sender) => {
    const upstream = upstreams()[0]
    if (upstream === undefined || pending.size >= queryLimit || query.length < 12) return
    if (!senders.take(sender.address)) return
    const socket = createSocket(isIPv4(upstream) ? 'udp4' : 'udp6')
    const finish = (): void => {
      clearTimeout(timer)
      if (!pending.delete(socket)) return
      senders.giveBack(sender.address)
      socket.close()
    }
    const timer = setTimeout(finish, queryTimeoutMs)
    pending.set(socket, finish)
    socket.on('error', finish)
    socket.on('message', (answer) => {
      // A connected socket takes answers from the upstream only; the id must still be the one that was asked.
      if (answer.length < 12 || answer.readUInt16BE(0) !== query.readUInt16BE(0)) return
      udp.send(answer, sender.port, sender.address)
      finish()
    })
    // Not as `connect`'s callback: that one is called after a failure too.
    socket.once('connect', () => socket.send(query))
    socket.connect(port, upstream)
  })
  // An answer that cannot be delivered concerns nobody else.
  udp.on('error', () => {})
  return {
    async close() {
      for (const finish of pending.values()) finish()
      udp.close()
      // Whoever asks slowly must not keep the platform from ending.
      for (const connection of connections) connection.destroy()
      await new Promise<void>((resolve) => tcp.close(() => resolve()))
    },
  }
}

function listenUdp(gateway: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    socket.once('error', reject)
    socket.bind(port, gateway, () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}

function listenTcp(
  gateway: string,
  { port, upstreams }: ResolverOptions,
  connections: Set<TcpSocket>,
): Promise<Server> {
  const clients = createShares(ownConnectionLimit)
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true }, (client) => {
      const address = client.remoteAddress ?? ''
      if (!clients.take(address)) {
        client.destroy()
        return
      }
      connections.add(client)
      client.once('close', () => {
        connections.delete(client)
        clients.giveBack(address)
      })
      client.setTimeout(queryTimeoutMs, () => client.destroy())
      client.on('error', () => client.destroy())
      // The host's resolver hears of a connection only when there is something to ask.
      client.once('readable', () => {
        const upstream = upstreams()[0]
        if (upstream === undefined || client.readableLength === 0) {
          client.destroy()
          return
        }
        const server = connect({ host: upstream, port, allowHalfOpen: true })
        server.setTimeout(queryTimeoutMs, () => server.destroy())
        // Either end may break off; `pipeline` then closes both, and the query is asked again.
        pipeline(client, server, client, () => {})
      })
    })
    server.maxConnections = connectionLimit
    server.once('error', reject)
    server.listen(port, gateway, () => resolve(server))
  })
}

/** Counts what each address has; the firewall sees to it that a sandbox has one and speaks with no other. */
function createShares(limit: number): { take(address: string): boolean; giveBack(address: string): void } {
  const counts = new Map<string, number>()
  return {
    take(address) {
      const count = counts.get(address) ?? 0
      if (count >= limit) return false
      counts.set(address, count + 1)
      return true
    },
    giveBack(address) {
      const count = counts.get(address) ?? 0
      if (count <= 1) counts.delete(address)
      else counts.set(address, count - 1)
    },
  }
}

/** Resolvers of the host, read anew each time because a network change rewrites the file. */
function readUpstreams(gateway: string): string[] {
  try {
    return readFileSync('/etc/resolv.conf', 'utf8')
      .split('\n')
      .map((line) => /^nameserver\s+(\S+)/.exec(line.trim())?.[1])
      .filter((address) => address !== undefined && address !== gateway) as string[]
  } catch {
    return [] // Without the file there is nobody to ask.
  }
}
