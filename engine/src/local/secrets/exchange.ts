import { type ClientRequest, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { RevealSecrets } from '@sandyard/protocol'
import { createDomainRules } from '../network/domains.ts'
import type { Connection } from './connection.ts'
import { Refused } from './dial.ts'
import { CannotFill, type Filled, fill, hasPlaceholder } from './fill.ts'
import { answerHeaders, hasBody, requestHeaders, unfitReason } from './headers.ts'

/** From where values come; `undefined`: from nowhere. */
export type Reveal = () => RevealSecrets | undefined

/** An answer of our own instead of the host's. */
export class Answer extends Error {
  readonly status: number

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}

/** Time for the values, ms. */
const revealMs = 10_000

/**
 * The request as it goes to the host. Throws Answer when it is for another host than its connection, or when it names a
 * secret whose value cannot be had: it is not sent then.
 */
export async function prepare(request: IncomingMessage, connection: Connection, reveal: Reveal): Promise<Filled> {
  const { who, name } = connection
  const unfit = unfitReason(request, name)
  if (unfit !== undefined) throw new Answer(unfit.status, unfit.message)
  const plain: Filled = { target: request.url ?? '/', headers: requestHeaders(request) }
  const ask = reveal()
  if (ask === undefined || !hasPlaceholder(plain, who.placeholdersOf(name))) return plain
  // Servers answer TRACE with the request as it came.
  if (request.method === 'TRACE') throw new Answer(405, 'A TRACE request cannot use secrets')
  try {
    const secrets = await inTime(ask(who.sandboxId))
    return fill(
      plain,
      secrets.filter(({ hosts }) => createDomainRules(hosts).allows(name)),
    )
  } catch (cause) {
    if (cause instanceof CannotFill) throw new Answer(502, cause.message)
    throw new Answer(502, 'The values of the secrets cannot be had now; the request was not sent', { cause })
  }
}

/** Sends a request to the host and its answer back, byte by byte as they come. */
export async function exchange(
  request: IncomingMessage,
  response: ServerResponse,
  connection: Connection,
  reveal: Reveal,
): Promise<void> {
  // A program that goes away closes its answer too, and that is where it is dealt with.
  request.on('error', () => {})
  response.on('error', () => {})
  const filled = await prepare(request, connection, reveal)
  if (response.destroyed) return
  const isBodied = hasBody(request)
  send(!isBodied && repeatable.has(request.method ?? ''))

  function send(mayRepeat: boolean): void {
    const sent = httpRequest({
      agent: connection.agent,
      method: request.method ?? 'GET',
      path: filled.target,
      headers: filled.headers,
      setHost: false,
    })
    const giveUp = (): void => {
      if (!response.writableFinished) sent.destroy()
    }
    response.once('close', giveUp)
    let isSettled = false
    const fail = (cause: unknown): void => {
      if (isSettled) return
      isSettled = true
      response.off('close', giveUp)
      if (response.destroyed) return
      if (sent.reusedSocket && !(cause instanceof Refused)) {
        // The host has closed a connection that it had kept: programs know what to do, if we cannot do it.
        if (mayRepeat) send(false)
        else response.destroy()
        return
      }
      answerWith(
        response,
        new Answer(502, cause instanceof Refused ? cause.message : `${connection.name} did not answer`),
      )
    }
    sent.on('error', fail)
    sent.once('close', () => fail(new Error('closed without an answer')))
    relayContinue(sent, request, response)
    sent.once('response', (answer) => {
      isSettled = true
      relayAnswer(answer, request, response)
    })
    if (isBodied) sendBody(request, sent)
    else sent.end()
  }
}

const repeatable: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/** Answers in place of the host: with what went wrong, or `fault` as an error of ours. */
export function answerWith(response: ServerResponse, fault: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const { status, text } = pageOf(fault)
  // Nothing of a body that is still on its way must be taken for the next request.
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    connection: 'close',
  })
  response.end(text)
}

/** An answer of our own as text. */
export function pageOf(fault: unknown): { status: number; text: string } {
  const isKnown = fault instanceof Answer || fault instanceof Refused
  const status = fault instanceof Answer ? fault.status : 502
  return { status, text: `Secrets of the sandbox: ${isKnown ? fault.message : 'the request could not be sent'}.\n` }
}

function sendBody(request: IncomingMessage, sent: ClientRequest): void {
  if (request.headers.expect !== undefined) sent.flushHeaders()
  request.once('end', () => addTrailers(request, sent))
  request.pipe(sent)
  // What the host does not want to read must not hold up the next request.
  sent.once('close', () => {
    request.unpipe(sent)
    request.resume()
  })
}

function relayContinue(sent: ClientRequest, request: IncomingMessage, response: ServerResponse): void {
  let hasContinued = false
  sent.on('continue', () => {
    if (hasContinued || request.httpVersion !== '1.1' || response.headersSent) return
    hasContinued = true
    response.writeContinue()
  })
}

function relayAnswer(answer: IncomingMessage, request: IncomingMessage, response: ServerResponse): void {
  answer.on('error', () => {}) // `close` below deals with an answer that was cut
  try {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, [...answerHeaders(answer, request)])
  } catch {
    answer.destroy()
    answerWith(response, new Answer(502, 'The answer of the host cannot be passed on'))
    return
  }
  answer.once('end', () => addTrailers(answer, response))
  answer.once('close', () => {
    if (!answer.complete) response.destroy()
  })
  answer.pipe(response)
  // Event streams begin at once, also when their first event takes a while.
  setImmediate(() => {
    if (!answer.readableDidRead && !response.writableEnded && !response.destroyed) response.flushHeaders()
  })
}

function addTrailers(source: IncomingMessage, sink: ServerResponse | ClientRequest): void {
  const raw = source.rawTrailers
  const pairs: [string, string][] = []
  for (let index = 0; index + 1 < raw.length; index += 2) pairs.push([raw[index] ?? '', raw[index + 1] ?? ''])
  try {
    if (pairs.length > 0) sink.addTrailers(pairs)
  } catch {
    sink.destroy() // what is no trailer here cannot be passed on
  }
}

async function inTime<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no values within ${revealMs} ms`)), revealMs)
  })
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
