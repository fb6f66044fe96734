import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { PlatformError } from '@sandyard/protocol'
import { failureOf } from './failure.ts'
import { type HeaderRules, hasBody, inwardHeaders, outwardHeaders } from './headers.ts'
import { collectWhatPasses } from './passing.ts'

/** How one upgrade goes in. */
export interface TunnelOrder {
  /** a connection of its own to the program inside */
  readonly stream: Duplex
  /** path and query for the program inside */
  readonly path: string
  readonly rules: HeaderRules
  /** bytes that the client sent behind the head of its request */
  readonly head: Buffer
  /** told once, and only while no answer has begun */
  fail(error: unknown): void
}

const answerMs = 30_000
/** What a client may send before its answer has come, bytes; then it is not read until there is one. */
const earlyBytes = 64 * 1024
/** longest silence of a connection whose one direction has ended, ms */
const halfOpenMs = 30_000

/**
 * Asks the program inside to upgrade, and joins both connections when it does; any other answer is relayed and
 * ends the connection. `socket` must have an error listener already.
 */
export function forwardUpgrade(request: IncomingMessage, socket: Duplex, order: TunnelOrder): void {
  const { stream, rules } = order
  if (!isTunnel(request)) {
    stream.destroy()
    order.fail(new PlatformError('BAD_REQUEST', 'This request cannot be upgraded'))
    return
  }
  const sent = httpRequest({
    createConnection: () => stream,
    method: request.method,
    path: order.path,
    headers: [...inwardHeaders(request, rules), 'Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? ''],
    setHost: false,
  })
  let answered = false
  const timer = setTimeout(() => {
    sent.destroy(new PlatformError('REQUEST_GATEWAY_TIMEOUT', 'The server inside the sandbox did not answer'))
  }, answerMs)
  const giveUp = () => {
    settle()
    sent.destroy()
    stream.destroy()
    socket.destroy()
  }
  const early = readAhead(socket, order.head, giveUp)
  /** Gives what the client has sent already. */
  const settle = (): Buffer => {
    answered = true
    clearTimeout(timer)
    socket.off('close', giveUp)
    return early.stop()
  }
  const fail = (cause: unknown) => {
    settle()
    stream.destroy()
    order.fail(failureOf(cause))
  }
  /** Sends the head of the answer and gives what the client has sent; null for an answer that cannot be passed on. */
  const begin = (answer: IncomingMessage, connection: readonly string[]): Buffer | null => {
    try {
      writeHead(socket, answer, [...outwardHeaders(answer, rules), ...connection])
    } catch (cause) {
      fail(cause)
      return null
    }
    return settle()
  }
  socket.once('close', giveUp)
  sent.once('upgrade', (answer, upgraded, rest) => {
    const said = begin(answer, ['Connection', 'Upgrade', 'Upgrade', answer.headers.upgrade ?? ''])
    if (said === null) return
    if (rest.length > 0) socket.write(rest)
    if (said.length > 0) upgraded.write(said)
    join(socket, upgraded)
  })
  sent.once('response', (answer) => {
    answer.on('error', () => {}) // a cut answer is seen at `close`
    if (begin(answer, ['Connection', 'close']) === null) return
    socket.resume() // what it still says is for nobody, but its end is
    socket.once('end', () => socket.destroy())
    answer.once('close', () => {
      if (!answer.complete) socket.destroy()
    })
    socket.once('close', () => answer.destroy())
    answer.pipe(socket)
  })
  sent.on('error', (cause) => {
    if (!answered) fail(cause)
  })
  sent.end()
}

/**
 * Reads a client while it waits for its answer: only so is it noticed when it leaves.
 * @param onEnd told when it does; until `stop`, which gives all that was read
 */
function readAhead(socket: Duplex, first: Buffer, onEnd: () => void): { stop(): Buffer } {
  const chunks = [first]
  let size = first.length
  const take = (chunk: Buffer): void => {
    chunks.push(chunk)
    size += chunk.length
    if (size > earlyBytes) socket.pause()
  }
  socket.on('data', take)
  socket.once('end', onEnd)
  return {
    stop() {
      socket.off('data', take)
      socket.off('end', onEnd)
      socket.pause()
      return Buffer.concat(chunks)
    },
  }
}

/**
 * True for a request whose connection shall become a tunnel. Clients offer an upgrade to HTTP/2 with requests of every
 * kind; such a tunnel would carry requests past all checks, so those are answered as if they had not.
 */
export function isTunnel(request: IncomingMessage): boolean {
  return !hasBody(request) && !/\bh2c\b/i.test(request.headers.upgrade ?? '')
}

function writeHead(socket: Duplex, answer: IncomingMessage, lines: readonly string[]): void {
  let text = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n`
  for (let index = 0; index + 1 < lines.length; index += 2) text += `${lines[index]}: ${lines[index + 1]}\r\n`
  socket.write(`${text}\r\n`, 'latin1')
}

/** Carries bytes both ways until both have ended; one that breaks takes the other with it. */
function join(outside: Duplex, inside: Duplex): void {
  let timer: NodeJS.Timeout | undefined
  const cut = () => {
    outside.destroy()
    inside.destroy()
  }
  const carry = (from: Duplex, to: Duplex) => {
    from.pipe(to)
    collectWhatPasses(from)
    from.once('error', cut)
    from.once('end', () => {
      timer ??= setTimeout(cut, halfOpenMs).unref()
      to.on('data', () => timer?.refresh())
    })
    from.once('close', () => {
      // After a clean end the other side still writes out what it was given; else what it says is for nobody.
      if (!from.readableEnded || !from.writableFinished) cut()
      if (to.closed) clearTimeout(timer)
    })
  }
  carry(outside, inside)
  carry(inside, outside)
}
