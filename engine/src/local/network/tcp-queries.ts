import { connect, createServer, type Server, type Socket } from 'node:net'
import { pipeline } from 'node:stream'
import type { NameGuard, NameRules } from './answer.ts'
import { createFrames, formatFrame } from './ask.ts'
import { mostQueryBytes } from './dns-message.ts'
import { createShares } from './shares.ts'

/** What the listener for TCP needs. */
export interface TcpOptions {
  readonly port: number
  readonly upstreams: () => readonly string[]
  readonly guard: NameGuard
  /** Answers one query of a sender with rules; `undefined` ends the connection. */
  serve(rules: NameRules, message: Buffer): Promise<Buffer | undefined>
}

/** The listener for TCP. */
export interface TcpListener {
  close(): Promise<void>
}

const connectionLimit = 256
const ownConnectionLimit = 16
/** Longest time without a word, ms. */
const quietMs = 5000
/** Queries of a connection that wait for their answers; further ones are not read meanwhile. */
const mostWaiting = 64

/** Takes queries by TCP at the gateway: of senders without rules they are passed on as bytes, others are served. */
export async function listenTcp(gateway: string, options: TcpOptions): Promise<TcpListener> {
  const { guard } = options
  const connections = new Map<Socket, string>()
  const clients = createShares(ownConnectionLimit)
  const server = await listen(gateway, options.port, (client) => {
    const address = client.remoteAddress ?? ''
    client.on('error', () => client.destroy())
    if (!clients.take(address)) {
      client.destroy()
      return
    }
    connections.set(client, address)
    client.once('close', () => {
      connections.delete(client)
      clients.giveBack(address)
    })
    client.setTimeout(quietMs, () => client.destroy())
    guard
      .rulesOf(address)
      .then((rules) => (rules === undefined ? passOn(client, options) : serveAll(client, rules, options)))
      .catch(() => client.destroy())
  })
  // What is passed on as bytes must not go on under other rules.
  guard.onChange((changed) => {
    for (const [client, address] of connections) if (address === changed) client.destroy()
  })
  return {
    async close() {
      // Whoever asks slowly must not keep the platform from ending.
      for (const client of connections.keys()) client.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** The host's resolver hears of a connection only when there is something to ask. */
function passOn(client: Socket, { port, upstreams }: TcpOptions): void {
  const begin = (): void => {
    const upstream = upstreams()[0]
    if (upstream === undefined || client.readableLength === 0) {
      client.destroy()
      return
    }
    const server = connect({ host: upstream, port, allowHalfOpen: true })
    server.setTimeout(quietMs, () => server.destroy())
    // Either end may break off; `pipeline` then closes both, and the query is asked again.
    pipeline(client, server, client, () => {})
  }
  if (client.readableLength > 0) begin()
  else client.once('readable', begin)
}

/** One query after the other, each answered before the next. */
function serveAll(client: Socket, rules: NameRules, { serve }: TcpOptions): void {
  const waiting: Buffer[] = []
  let isServing = false
  let hasEnded = false

  async function serveWaiting(): Promise<void> {
    isServing = true
    for (let message = waiting.shift(); message !== undefined; message = waiting.shift()) {
      const reply = await serve(rules, message)
      if (client.destroyed) return
      if (reply === undefined) {
        client.destroy()
        return
      }
      if (!client.write(formatFrame(reply))) await drained(client)
      client.resume()
    }
    isServing = false
    if (hasEnded) client.end()
  }

  const frames = createFrames((message) => {
    waiting.push(message)
    if (waiting.length >= mostWaiting) client.pause()
  }, mostQueryBytes)
  client.on('data', (chunk: Buffer) => {
    if (!frames(chunk)) client.destroy()
    else if (!isServing && waiting.length > 0) serveWaiting().catch(() => client.destroy())
  })
  client.on('end', () => {
    hasEnded = true
    if (!isServing) client.end()
  })
}

/** Settles when the client has read what it was sent, or has gone. */
function drained(client: Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      client.off('drain', settle).off('close', settle)
      resolve()
    }
    client.on('drain', settle).on('close', settle)
  })
}

function listen(gateway: string, port: number, take: (client: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true }, take)
    server.maxConnections = connectionLimit
    server.once('error', reject)
    server.listen(port, gateway, () => resolve(server))
  })
}
