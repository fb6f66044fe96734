import { connect, createServer, type Server, type Socket } from 'node:net'
import { pipeline } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { createFairShares } from '@sandyard/protocol/fair-shares'
import { type Allowance, createAllowance } from './allowance.ts'
import type { NameGuard, NameRules } from './answer.ts'
import { createFrames, formatFrame } from './ask.ts'
import { mostQueryBytes } from './dns-message.ts'

/** What the listener for TCP needs. */
export interface TcpOptions {
  readonly port: number
  readonly upstreams: () => readonly string[]
  readonly guard: NameGuard
  /** queries of one sandbox a second; absent: as usual */
  readonly rate?: number
  /** Answers one query of a sender with rules; `undefined` ends the connection. */
  serve(rules: NameRules, message: Buffer): Promise<Buffer | undefined>
}

/** The listener for TCP. */
export interface TcpListener {
  close(): Promise<void>
}

const connections = { all: 256, own: 16 }
/** Queries of one sandbox a second that are answered here: as many as the firewall lets through by UDP. */
const usualRate = 300
/** How long queries wait that come faster, ms at a time. */
const paceMs = 20
/** Longest time without a word, ms. */
const quietMs = 5000
/** Queries of a connection that wait for their answers; further ones are not read meanwhile. */
const mostWaiting = 64

/** Takes queries by TCP at the gateway: of senders without rules they are passed on as bytes, others are served. */
export async function listenTcp(gateway: string, options: TcpOptions): Promise<TcpListener> {
  const { guard, rate = usualRate } = options
  const open = new Map<Socket, string>()
  const clients = createFairShares(connections)
  /** one for each sandbox that has asked by TCP: there are no more than addresses */
  const paces = new Map<string, Allowance>()
  const paceOf = (address: string): Allowance => {
    const pace = paces.get(address) ?? createAllowance(rate, 2 * rate, () => performance.now())
    paces.set(address, pace)
    return pace
  }
  const server = await listen(gateway, options.port, (client) => {
    const address = client.remoteAddress ?? ''
    client.on('error', () => client.destroy())
    const giveBack = clients.take(address, () => client.destroy())
    if (giveBack === null) {
      client.destroy()
      return
    }
    open.set(client, address)
    client.once('close', () => {
      open.delete(client)
      giveBack()
    })
    client.setTimeout(quietMs, () => client.destroy())
    guard
      .rulesOf(address)
      .then((rules) =>
        rules === undefined
          ? passOn(client, options)
          : serveAll(client, (message) => options.serve(rules, message), paceOf(address)),
      )
      .catch(() => client.destroy())
  })
  // What is passed on as bytes must not go on under other rules.
  guard.onChange((changed) => {
    for (const [client, address] of open) if (address === changed) client.destroy()
  })
  return {
    async close() {
      // Whoever asks slowly must not keep the platform from ending.
      for (const client of open.keys()) client.destroy()
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
function serveAll(client: Socket, serve: (message: Buffer) => Promise<Buffer | undefined>, pace: Allowance): void {
  const waiting: Buffer[] = []
  let isServing = false
  let hasEnded = false

  async function serveWaiting(): Promise<void> {
    isServing = true
    for (let message = waiting.shift(); message !== undefined; message = waiting.shift()) {
      while (!pace.take()) await sleep(paceMs)
      const reply = await serve(message)
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
    // Shares decide; what is refused is closed at once.
    server.maxConnections = 2 * connections.all
    server.once('error', reject)
    server.listen(port, gateway, () => resolve(server))
  })
}
