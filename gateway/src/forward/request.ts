import type { IncomingMessage, ServerResponse } from 'node:http'
import { isPlatformError } from '@sandyard/protocol'
import type { AnswerHead } from './answer-head.ts'
import { type AnswerListener, AnswerReader } from './answer-reader.ts'
import { failureOf } from './failure.ts'
import { type HeaderRules, hasBody, inwardHeaders, outwardHeaders, outwardTrailers } from './headers.ts'
import type { ComingLine, Line, Lines, LineUser } from './lines.ts'
import { notePassed } from './passing.ts'
import { createSending, type Sending, writeRequestHead } from './sending.ts'

/** How one request goes in. */
export interface ForwardOrder {
  /** the connections to use */
  lines(): Lines
  /** who asks, as `networkOf` gives it */
  readonly network: string
  /** drops idle connections of that target, after one of them turned out dead */
  renew(): void
  /** path and query for the program inside */
  readonly path: string
  readonly rules: HeaderRules
  /** told once, and only while no answer has begun */
  fail(error: unknown): void
  /** Holds the request as open, until the function that is given is called: its answer has gone out, or its client. */
  hold(): () => void
}

/** Sends a request into a sandbox and its answer back, byte by byte as they come. */
export function forwardRequest(request: IncomingMessage, response: ServerResponse, order: ForwardOrder): void {
  const isBodied = hasBody(request)
  const head = writeRequestHead(request, order.path, inwardHeaders(request, order.rules))
  let exchange: Exchange | null = null
  let coming: ComingLine | null = null
  let isLeft = false
  const release = order.hold()
  // It comes once; `once` takes longer than all that is done here.
  response.on('close', () => {
    release()
    if (response.writableFinished) return
    isLeft = true
    coming?.giveUp()
    exchange?.cut()
  })
  request.on('error', dealtWithElsewhere)
  start(isRepeatable(request, isBodied))

  function start(mayRepeat: boolean): void {
    const lines = order.lines()
    const begin = (line: Line): void => {
      if (isLeft) {
        lines.give(line)
        return
      }
      exchange = new Exchange({ request, response, order, lines, line, again: mayRepeat ? repeat : null })
      exchange.begin(head, isBodied)
    }
    const taken = lines.take(order.network)
    if ('stream' in taken) {
      begin(taken)
      return
    }
    coming = taken
    taken.line.then(begin).catch((error: unknown) => {
      if (!isLeft) order.fail(failureOf(error))
    })
  }

  function repeat(): void {
    order.renew()
    start(false)
  }
}

/** A client that goes away closes its response too, and that is where it is dealt with. */
function dealtWithElsewhere(): void {}

interface ExchangeOptions {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly order: ForwardOrder
  readonly lines: Lines
  readonly line: Line
  /** sends the request again, over another line; null: it may not be sent twice */
  readonly again: (() => void) | null
}

/** Interim answers to one request that are passed on. */
const interimLimit = 16

/** One request on its line, until its answer is whole. It is told by the line, and by the reader of what that brings. */
class Exchange implements LineUser, AnswerListener {
  readonly #options: ExchangeOptions
  readonly #reader: AnswerReader
  #sending: Sending | null = null
  #interimCount = 0
  #hasContinued = false
  #hasHead = false
  #hasBody = false
  /** a piece of the body that is held back until it is known whether it is the last one */
  #held: Buffer | null = null
  #isOver = false

  constructor(options: ExchangeOptions) {
    this.#options = options
    this.#reader = new AnswerReader(options.request.method === 'HEAD', this)
  }

  begin(head: string, isBodied: boolean): void {
    const { line, request, order } = this.#options
    line.user = this
    if (isBodied) this.#sending = createSending(request, line.stream, { head, rules: order.rules })
    else line.stream.write(head, 'latin1')
  }

  /** The client is gone. */
  cut(): void {
    if (!this.#isOver) this.#leave(false)
  }

  onDrain(): void {
    this.#sending?.resume()
  }

  onFinish(): void {
    this.#end(undefined)
  }

  onClose(error: Error | undefined): void {
    this.#end(error)
  }

  onData(bytes: Buffer): void {
    const { line, response } = this.#options
    try {
      this.#reader.push(bytes)
    } catch (error) {
      this.#break(error)
      return
    }
    notePassed(bytes.length)
    if (this.#reader.isDone) {
      // Over `push`, as what comes behind the answer spoils the line.
      this.#leave(this.#reader.isKept && this.#sending?.isDone !== false)
      return
    }
    if (this.#held !== null) {
      const held = this.#held
      this.#held = null
      if (response.write(held)) return
      line.stream.pause()
      line.stalledSinceMs = performance.now()
      response.once('drain', () => {
        if (this.#isOver) return
        line.stalledSinceMs = null
        line.stream.resume()
      })
    } else if (this.#hasHead && !this.#hasBody) {
      // Sends the head alone when no byte of the body is there to go with it: event streams begin at once.
      setImmediate(() => {
        if (!this.#hasBody && !response.writableEnded && !response.destroyed) response.flushHeaders()
      })
    }
  }

  onInterim({ statusCode, rawHeaders }: AnswerHead): void {
    const { request, response } = this.#options
    this.#interimCount += 1
    // A program that goes on sending them is cut off: what the client does not take would pile up here.
    if (this.#interimCount > interimLimit) throw new Error('it sends interim answers without end')
    if (request.httpVersion !== '1.1' || response.headersSent) return
    if (statusCode === 100) {
      // It decides whether the client sends its body at all, and is passed on once.
      if (!this.#hasContinued) response.writeContinue()
      this.#hasContinued = true
    } else if (statusCode === 102) response.writeProcessing()
    else if (statusCode === 103) writeHints(response, rawHeaders)
  }

  onHead(head: AnswerHead): void {
    const { request, response, order } = this.#options
    const headers = outwardHeaders(head, order.rules)
    if (head.headers.trailer !== undefined && takesTrailers(head, request)) {
      headers.push('Trailer', head.headers.trailer)
    }
    response.writeHead(head.statusCode, head.statusMessage, headers)
    this.#hasHead = true
  }

  onBody(bytes: Buffer): void {
    this.#hasBody = true
    if (this.#held !== null) this.#options.response.write(this.#held)
    this.#held = bytes
  }

  onEnd(trailers: readonly string[]): void {
    const { response } = this.#options
    const passed = outwardTrailers(trailers, this.#options.order.rules)
    if (passed.length > 0) response.addTrailers(pairsOf(passed))
    const held = this.#held
    this.#held = null
    // With its last piece, so that a short answer leaves in one go.
    if (held === null) response.end()
    else response.end(held)
  }

  /** The connection has ended, or is closed. */
  #end(error: Error | undefined): void {
    if (this.#isOver) return
    if (error === undefined && this.#reader.close()) this.#leave(false)
    else this.#break(error ?? new Error('closed without an answer'))
  }

  /** The answer will not become whole. */
  #break(cause: unknown): void {
    const { response, order, line, again } = this.#options
    const hasHead = this.#hasHead && response.headersSent
    const isDead = line.isReused && !this.#reader.hasBegun && !isPlatformError(cause)
    this.#leave(false)
    if (response.closed || response.destroyed) return
    if (hasHead) response.destroy()
    else if (again !== null && isDead) again()
    else order.fail(failureOf(cause))
  }

  /** Lets go of the line. */
  #leave(isKept: boolean): void {
    const { lines, line } = this.#options
    this.#isOver = true
    this.#sending?.stop()
    if (!isKept) {
      lines.drop(line)
      return
    }
    if (line.stream.isPaused()) line.stream.resume()
    lines.give(line)
  }
}

function writeHints(response: ServerResponse, raw: readonly string[]): void {
  const links = pairsOf(raw)
    .filter(([name]) => name.toLowerCase() === 'link')
    .map(([, value]) => value)
  if (links.length === 0) return
  try {
    response.writeEarlyHints({ link: links })
  } catch {
    // a hint that is not well formed is not worth an error
  }
}

function pairsOf(raw: readonly string[]): [string, string][] {
  const pairs: [string, string][] = []
  for (let index = 0; index + 1 < raw.length; index += 2) pairs.push([raw[index] ?? '', raw[index + 1] ?? ''])
  return pairs
}

/** Trailers travel only in chunked bodies. */
function takesTrailers({ headers, statusCode }: AnswerHead, request: IncomingMessage): boolean {
  if (request.httpVersion !== '1.1' || request.method === 'HEAD') return false
  return headers['transfer-encoding'] !== undefined && statusCode !== 304 && statusCode !== 204
}

/** A request may go out twice when doing it twice changes nothing and its body is still here: there is none. */
function isRepeatable({ method = '' }: IncomingMessage, isBodied: boolean): boolean {
  return !isBodied && ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'].includes(method)
}
