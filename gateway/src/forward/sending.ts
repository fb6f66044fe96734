import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { PlatformError } from '@sandyard/protocol'
import { type HeaderRules, inwardTrailers } from './headers.ts'
import { notePassed } from './passing.ts'

/** What would end a line, or is no text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are looked for
const notInLine = /[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]/
const notInPath = /[^\x21-\xff]|\x7f/

/**
 * The head of a request as it is written; `lines` are name, value, name, value …. Throws BAD_REQUEST for what cannot be
 * written.
 */
export function writeRequestHead({ method }: IncomingMessage, path: string, lines: readonly string[]): string {
  if (notInPath.test(path)) throw new PlatformError('BAD_REQUEST', 'The path has characters that must be encoded')
  let head = `${method} ${path} HTTP/1.1\r\n`
  for (let index = 0; index + 1 < lines.length; index += 2) {
    const value = lines[index + 1] ?? ''
    if (notInLine.test(value)) throw new PlatformError('BAD_REQUEST', `The header ${lines[index]} is not well formed`)
    head += `${lines[index]}: ${value}\r\n`
  }
  return `${head}Connection: keep-alive\r\n\r\n`
}

/** The body of a request on its way in. */
export interface Sending {
  /** all of it is written */
  readonly isDone: boolean
  /** Goes on after the stream had no room. */
  resume(): void
  /** Writes no more; what the client still sends is for nobody, and must not hold up its next request. */
  stop(): void
}

/** Writes the head and then the body as it comes. The framing is the one that the head announces. */
export function createSending(
  request: IncomingMessage,
  stream: Duplex,
  { head, rules }: { readonly head: string; readonly rules: HeaderRules },
): Sending {
  const isChunked = request.headers['transfer-encoding'] !== undefined
  let isDone = false
  let isStopped = false
  // Head and first piece leave together when both are there.
  stream.cork()
  setImmediate(() => stream.uncork())
  stream.write(head, 'latin1')

  const take = (bytes: Buffer): void => {
    notePassed(bytes.length)
    let hasRoom: boolean
    if (isChunked) {
      stream.cork()
      stream.write(`${bytes.length.toString(16)}\r\n`, 'latin1')
      stream.write(bytes)
      hasRoom = stream.write('\r\n', 'latin1')
      process.nextTick(() => stream.uncork())
    } else hasRoom = stream.write(bytes)
    if (!hasRoom) request.pause()
  }
  const end = (): void => {
    isDone = true
    if (isChunked) stream.write(`0\r\n${writeTrailers(inwardTrailers(request.rawTrailers, rules))}\r\n`, 'latin1')
  }
  request.on('data', take)
  request.once('end', end)
  return {
    get isDone() {
      return isDone
    },
    resume() {
      if (!isStopped) request.resume()
    },
    stop() {
      if (isStopped) return
      isStopped = true
      request.off('data', take)
      request.off('end', end)
      request.resume()
    },
  }
}

function writeTrailers(raw: readonly string[]): string {
  let text = ''
  for (let index = 0; index + 1 < raw.length; index += 2) {
    if (!notInLine.test(raw[index + 1] ?? '')) text += `${raw[index]}: ${raw[index + 1]}\r\n`
  }
  return text
}
