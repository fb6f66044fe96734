/** The head of an answer, as a program inside has written it. */
export interface AnswerHead {
  readonly statusCode: number
  readonly statusMessage: string
  /** name, value, name, value … as they were written */
  readonly rawHeaders: readonly string[]
  /** those that tell of the connection and the framing; names in lower case */
  readonly headers: Readonly<Partial<Record<Told, string>>>
  /** the connection may carry another request, as far as the head tells */
  readonly isKept: boolean
}

type Told = 'connection' | 'content-length' | 'transfer-encoding' | 'trailer'

const told: ReadonlySet<string> = new Set(['connection', 'content-length', 'transfer-encoding', 'trailer'])
/** A line with one field: a token, a colon, and a value, which has nothing that would end the line or is no text. */
const fieldLine = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([\t\x20-\x7e\x80-\xff]*)\r\n/y

/**
 * Reads the head of an answer: all before the blank line, with the end of its last line, as latin1. It is as strict as Node's own reader: what two
 * readers could take differently is refused. Throws for a head that is not well formed.
 */
export function parseAnswerHead(text: string): AnswerHead {
  const first = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?\r\n/.exec(text)
  if (first === null) throw new Error('the status line is not well formed')
  const rawHeaders = parseFields(text, first[0].length)
  const headers: Partial<Record<Told, string>> = {}
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const written = rawHeaders[index] ?? ''
    // Most names have another length than those few, and need no copy in lower case.
    if (written.length !== 7 && written.length !== 10 && written.length !== 14 && written.length !== 17) continue
    const name = written.toLowerCase()
    if (!told.has(name)) continue
    const value = rawHeaders[index + 1] ?? ''
    const before = headers[name as Told]
    headers[name as Told] = before === undefined ? value : `${before}, ${value}`
  }
  const { connection = '' } = headers
  const isKept = first[1] === '1' ? !/\bclose\b/i.test(connection) : /\bkeep-alive\b/i.test(connection)
  return { statusCode: Number(first[2]), statusMessage: first[3] ?? '', rawHeaders, headers, isKept }
}

/** Reads lines of header fields, or trailers, from here to the end: name, value, name, value … */
export function parseFields(text: string, from: number): string[] {
  const fields: string[] = []
  fieldLine.lastIndex = from
  while (fieldLine.lastIndex < text.length) {
    // A line that goes on from the one before begins with a space, which is no token.
    const found = fieldLine.exec(text)
    if (found === null) throw new Error('a header is not well formed')
    fields.push(found[1] ?? '', withoutSpace(found[2] ?? ''))
  }
  return fields
}

/** How many bytes of body follow. */
export type BodyLength = number | 'chunked' | 'until-close'

/**
 * How the body of an answer is framed (RFC 9112, 6.3). Throws for two framings, and for one that is unknown.
 * @param isToHead the request was HEAD
 */
export function bodyLengthOf({ statusCode, headers }: AnswerHead, isToHead: boolean): BodyLength {
  const { 'transfer-encoding': coding, 'content-length': length } = headers
  if (coding !== undefined && length !== undefined) throw new Error('the answer has two framings')
  if (length !== undefined && !/^[0-9]{1,15}$/.test(length)) throw new Error('the length is not well formed')
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') throw new Error('the transfer coding is unknown')
  if (isToHead || statusCode === 204 || statusCode === 304) return 0
  if (coding !== undefined) return 'chunked'
  return length === undefined ? 'until-close' : Number(length)
}

/** A value without the space around it; other white space is none here. */
function withoutSpace(value: string): string {
  let start = 0
  let end = value.length
  while (start < end && isSpace(value.charCodeAt(start))) start += 1
  while (end > start && isSpace(value.charCodeAt(end - 1))) end -= 1
  return value.slice(start, end)
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09
}
