import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect, isIPv4 } from 'node:net'
import { formatQuery, parseResponse, type Query, type Response } from './dns-message.ts'

/** A name server's answer, read and as it came. */
export interface Answered {
  readonly response: Response
  readonly message: Buffer
}

/** Time for one name server, ms: two of them fit into what a stub resolver waits. */
const askMs = 2000
/** Name servers that are asked, one after the other. */
const mostServers = 2

/**
 * Asks the name servers in turn, by UDP and for what does not fit by TCP, in words of our own. `undefined` when none has
 * answered in time. Takes an answer only from whom it has asked, with the id and the question of the query.
 */
export async function ask(
  servers: readonly string[],
  port: number,
  { name, type }: Pick<Query, 'name' | 'type'>,
  signal: AbortSignal,
): Promise<Answered | undefined> {
  for (const server of servers.slice(0, mostServers)) {
    const asked = { id: randomInt(0x1_0000), name, type }
    const short = await askByUdp({ server, port, signal }, asked)
    if (short === undefined) continue
    if (!short.response.isTruncated) return short
    const message = await exchangeByTcp({ server, port, signal }, formatQuery(asked))
    const response = message === undefined ? undefined : parseResponse(message, asked)
    if (message !== undefined && response !== undefined) return { response, message }
  }
  return undefined
}

/** A name server. */
export interface Upstream {
  readonly server: string
  readonly port: number
  readonly signal: AbortSignal
}

function askByUdp(
  { server, port, signal }: Upstream,
  asked: Pick<Query, 'id' | 'name' | 'type'>,
): Promise<Answered | undefined> {
  const socket = createSocket(isIPv4(server) ? 'udp4' : 'udp6')
  return new Promise((resolve) => {
    const finish = (answered?: Answered): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      socket.removeAllListeners().on('error', () => {})
      socket.close()
      resolve(answered)
    }
    const abort = (): void => finish()
    const timer = setTimeout(abort, askMs)
    signal.addEventListener('abort', abort, { once: true })
    socket.once('error', () => finish())
    socket.on('message', (message) => {
      const response = parseResponse(message, asked)
      if (response !== undefined) finish({ response, message })
    })
    // A connected socket takes answers from the server only. Not as a callback: that one is called after a failure too.
    socket.once('connect', () => socket.send(formatQuery(asked)))
    socket.connect(port, server)
  })
}

/** Sends one message by TCP as it is and gives what comes back; `undefined` when nothing does in time. */
export function exchangeByTcp({ server, port, signal }: Upstream, query: Buffer): Promise<Buffer | undefined> {
  const socket = connect({ host: server, port })
  return new Promise((resolve) => {
    const finish = (message?: Buffer): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      socket.destroy()
      resolve(message)
    }
    const abort = (): void => finish()
    const timer = setTimeout(abort, askMs)
    signal.addEventListener('abort', abort, { once: true })
    socket.on('error', abort)
    socket.on('close', abort)
    const frames = createFrames((message) => finish(message))
    socket.on('data', frames)
    socket.write(formatFrame(query))
  })
}

/**
 * Cuts what comes by TCP into messages, each of which has its length before it. Gives `false` for a message that is
 * longer than `mostBytes`.
 */
export function createFrames(take: (message: Buffer) => void, mostBytes = 0xffff): (chunk: Buffer) => boolean {
  let held = Buffer.alloc(0)
  return (chunk) => {
    held = Buffer.concat([held, chunk])
    while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
      const end = 2 + held.readUInt16BE(0)
      take(held.subarray(2, end))
      held = held.subarray(end)
    }
    return held.length < 2 || held.readUInt16BE(0) <= mostBytes
  }
}

/** A message as it goes by TCP. */
export function formatFrame(message: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}
