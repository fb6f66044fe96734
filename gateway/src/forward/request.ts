import {
  type Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { isPlatformError } from '@sandyard/protocol'
import { failureOf } from './failure.ts'
import { type HeaderRules, hasBody, inwardHeaders, outwardHeaders } from './headers.ts'
import { collectWhatPasses } from './passing.ts'

/** How one request goes in. */
export interface ForwardOrder {
  /** the pool to use */
  pool(): Agent
  /** drops idle connections of that pool, after one of them turned out dead */
  renew(): void
  /** path and query for the program inside */
  readonly path: string
  readonly rules: HeaderRules
  /** told once, and only while no answer has begun */
  fail(error: unknown): void
}

/** Sends a request into a sandbox and its answer back, byte by byte as they come. */
export function forwardRequest(request: IncomingMessage, response: ServerResponse, order: ForwardOrder): void {
  const headers = inwardHeaders(request, order.rules)
  const isBodied = hasBody(request)
  let upstream = send(isRepeatable(request))
  response.once('close', () => {
    if (!response.writableFinished) upstream.destroy()
  })
  // A client that goes away closes its response too, and that is where it is dealt with.
  request.on('error', () => {})

  function send(mayRepeat: boolean): ClientRequest {
    const sent = httpRequest({ agent: order.pool(), method: request.method, path: order.path, headers, setHost: false })
    let settled = false
    relayInterim(sent, request, response)
    sent.once('response', (answer) => {
      settled = true
      relayAnswer(answer, request, response, order)
    })
    const fail = (cause: unknown) => {
      if (settled || response.closed || response.destroyed) return
      settled = true
      if (mayRepeat && sent.reusedSocket && !isPlatformError(cause)) {
        order.renew()
        upstream = send(false)
      } else {
        order.fail(failureOf(cause))
      }
    }
    sent.on('error', fail)
    // An upgrade that nobody asked for ends without a word.
    sent.once('close', () => fail(new Error('closed without an answer')))
    if (isBodied) sendBody(request, sent)
    else sent.end()
    return sent
  }
}

/** Interim answers to one request that are passed on. */
const interimLimit = 16

function sendBody(request: IncomingMessage, sent: ClientRequest): void {
  request.once('end', () => addTrailers(request, sent))
  request.pipe(sent)
  collectWhatPasses(request)
  flushUnlessFlowing(request, sent)
  // What the program inside does not want to read must not hold up the client's next request.
  sent.once('close', () => {
    request.unpipe(sent)
    request.resume()
  })
}

function relayAnswer(
  answer: IncomingMessage,
  request: IncomingMessage,
  response: ServerResponse,
  order: ForwardOrder,
): void {
  answer.on('error', () => {}) // `close` below deals with an answer that was cut
  try {
    const headers = outwardHeaders(answer, order.rules)
    if (answer.headers.trailer !== undefined && takesTrailers(answer, request)) {
      headers.push('Trailer', answer.headers.trailer)
    }
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers)
  } catch (cause) {
    answer.destroy()
    order.fail(failureOf(cause))
    return
  }
  answer.once('end', () => addTrailers(answer, response))
  answer.once('close', () => {
    if (!answer.complete) response.destroy()
  })
  answer.pipe(response)
  collectWhatPasses(answer)
  flushUnlessFlowing(answer, response)
}

/**
 * 1xx answers: `100 Continue` decides whether the client sends its body at all, and is passed on once. A program that
 * goes on sending them is cut off: what the client does not take would pile up here.
 */
function relayInterim(sent: ClientRequest, request: IncomingMessage, response: ServerResponse): void {
  let count = 0
  const mayRelay = (): boolean => {
    count += 1
    if (count > interimLimit) sent.destroy(new Error('it sends interim answers without end'))
    return count <= interimLimit && request.httpVersion === '1.1' && !response.headersSent
  }
  let hasContinued = false
  sent.on('continue', () => {
    if (!mayRelay() || hasContinued) return
    hasContinued = true
    response.writeContinue()
  })
  sent.on('information', ({ statusCode, headers }) => {
    // Node tells of `100 Continue` here too.
    if (statusCode === 100 || !mayRelay()) return
    if (statusCode === 102) response.writeProcessing()
    if (statusCode !== 103 || headers.link === undefined) return
    try {
      response.writeEarlyHints({ link: headers.link })
    } catch {
      // a hint that is not well formed is not worth an error
    }
  })
}

/** Sends the head alone when no byte of the body is there to go with it: event streams begin at once. */
function flushUnlessFlowing(source: IncomingMessage, sink: ServerResponse | ClientRequest): void {
  setImmediate(() => {
    if (!source.readableDidRead && !sink.writableEnded && !sink.destroyed) sink.flushHeaders()
  })
}

function addTrailers(source: IncomingMessage, sink: ServerResponse | ClientRequest): void {
  const raw = source.rawTrailers
  if (raw.length === 0) return
  const pairs: [string, string][] = []
  for (let index = 0; index + 1 < raw.length; index += 2) pairs.push([raw[index] ?? '', raw[index + 1] ?? ''])
  sink.addTrailers(pairs)
}

/** Trailers travel only in chunked bodies. */
function takesTrailers(answer: IncomingMessage, request: IncomingMessage): boolean {
  if (request.httpVersion !== '1.1' || request.method === 'HEAD') return false
  return answer.headers['transfer-encoding'] !== undefined && answer.statusCode !== 304 && answer.statusCode !== 204
}

/** A request may go out twice when doing it twice changes nothing and its body is still here: there is none. */
function isRepeatable(request: IncomingMessage): boolean {
  return ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'].includes(request.method ?? '') && !hasBody(request)
}
