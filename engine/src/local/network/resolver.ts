import { createSocket, type Socket } from 'node:dgram'
import { setMaxListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { createFairShares } from '@sandyard/protocol/fair-shares'
import { answer, follow, type NameGuard } from './answer.ts'
import { type Answered, ask, exchangeByTcp, type Upstream } from './ask.ts'
import { type Query, recordTypes } from './dns-message.ts'
import { listenTcp } from './tcp-queries.ts'

/** Answers the sandboxes' DNS queries by asking the host's own resolvers. */
export interface Resolver {
  /** What a name server answers for the addresses of a name; `undefined` when none has in time. See `addressesOf`. */
  ask(name: string): Promise<Answered | undefined>
  /** IPv4 addresses that a name leads to; none when nobody has answered in time. It must be a name that DNS can ask. */
  addressesOf(name: string): Promise<readonly string[]>
  close(): Promise<void>
}

/** What can be other than usual. */
export interface ResolverOptions {
  /** port that it listens on and asks at */
  readonly port: number
  /** addresses of the resolvers to ask, the first one first */
  readonly upstreams: () => readonly string[]
  readonly guard: NameGuard
}

/** Queries by UDP under way at a time, of all and of one sandbox; those that go beyond are dropped, and asked again. */
const queries = { all: 4096, own: 128 }
const queryTimeoutMs = 5000

/** What sandboxes may know that have no rules. */
const everything: NameGuard = { rulesOf: async () => undefined, onChange: () => {} }

/**
 * Listens on the sandboxes' gateway address, UDP and TCP. Queries of sandboxes without rules for names are passed on to a
 * resolver of the host as they are, those of others are answered by their rules. Sandboxes can ask nobody else in closed
 * ranges, so a company's inner resolver works for them without being open.
 */
export async function openResolver(gateway: string, options: Partial<ResolverOptions> = {}): Promise<Resolver> {
  const { port = 53, upstreams = () => readUpstreams(gateway), guard = everything } = options
  const closing = new AbortController()
  const { signal } = closing
  // Each query under way waits for it.
  setMaxListeners(0, signal)
  const askAddresses = (name: string): Promise<Answered | undefined> =>
    ask(upstreams(), port, { name, type: recordTypes.A }, signal)
  const asking =
    (until: AbortSignal) =>
    (query: Query): Promise<Answered | undefined> =>
      ask(upstreams(), port, query, until)
  const udp = await listenUdp(gateway, port)
  const tcp = await listenTcp(gateway, {
    port,
    upstreams,
    guard,
    async serve(rules, message) {
      const reply = await answer(rules, message, 0xffff, asking(signal))
      const [server] = upstreams()
      if (reply !== 'pass') return reply
      return server === undefined ? undefined : exchangeByTcp({ server, port, signal }, message)
    },
  }).catch((error: unknown) => {
    udp.close()
    throw error
  })
  const senders = createFairShares(queries)

  async function serve(query: Buffer, address: string, until: AbortSignal): Promise<Buffer | undefined> {
    const rules = await guard.rulesOf(address)
    const reply = rules === undefined ? 'pass' : await answer(rules, query, null, asking(until))
    const [server] = upstreams()
    if (reply !== 'pass') return reply
    return server === undefined ? undefined : passOn({ server, port, signal: until }, query)
  }

  udp.on('message', (query, sender) => {
    if (query.length < 12) return
    const ending = new AbortController()
    const giveBack = senders.take(sender.address, () => ending.abort())
    if (giveBack === null) return
    serve(query, sender.address, ending.signal)
      .then((reply) => {
        if (reply !== undefined && !ending.signal.aborted) udp.send(reply, sender.port, sender.address)
      })
      .catch(() => {}) // It asks again.
      .finally(giveBack)
  })
  // An answer that cannot be delivered concerns nobody else.
  udp.on('error', () => {})
  return {
    ask: askAddresses,
    async addressesOf(name) {
      const answered = await askAddresses(name)
      return answered === undefined ? [] : follow(name, answered.response).addresses
    },
    async close() {
      closing.abort()
      senders.endAll()
      udp.close()
      await tcp.close()
    },
  }
}

/** Sends a query on as it is and gives the answer as it comes; `undefined` when none does in time. */
function passOn({ server, port, signal }: Upstream, query: Buffer): Promise<Buffer | undefined> {
  const socket = createSocket(isIPv4(server) ? 'udp4' : 'udp6')
  return new Promise((resolve) => {
    const finish = (message?: Buffer): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      socket.removeAllListeners().on('error', () => {})
      socket.close()
      resolve(message)
    }
    const abort = (): void => finish()
    const timer = setTimeout(abort, queryTimeoutMs)
    signal.addEventListener('abort', abort, { once: true })
    socket.once('error', abort)
    socket.on('message', (message) => {
      // A connected socket takes answers from the upstream only; the id must still be the one that was asked.
      if (message.length >= 12 && message.readUInt16BE(0) === query.readUInt16BE(0)) finish(message)
    })
    // Not as `connect`'s callback: that one is called after a failure too.
    socket.once('connect', () => socket.send(query))
    socket.connect(port, server)
  })
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
