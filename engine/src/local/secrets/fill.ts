import type { RevealedSecret } from '@sandyard/protocol'

/** A secret of the request's host: what stands for it, and what it is. */
export type Filling = Pick<RevealedSecret, 'placeholder' | 'value'>

/** The changed parts of a request. */
export interface Filled {
  /** path and query */
  readonly target: string
  /** name, value, name, value … */
  readonly headers: readonly string[]
}

/** A request that cannot be sent with the values, in words for its program. */
export class CannotFill extends Error {}

/** Bytes of target and headers with the values in them. */
const mostFilledBytes = 128 * 1024
/** Shorter ones could stand somewhere by chance. */
const shortestPlaceholder = 8

/** True when a placeholder stands where values are put in: in the query, in the value of a header. */
export function hasPlaceholder({ target, headers }: Filled, placeholders: readonly string[]): boolean {
  const known = placeholders.filter(isUsable)
  if (known.length === 0) return false
  const isIn = (text: string): boolean =>
    known.some((one) => text.includes(one) || text.includes(encodeURIComponent(one)))
  if (isIn(queryOf(target))) return true
  return headers.some((value, index) => index % 2 === 1 && (isIn(value) || isIn(basicOf(headers, index)?.text ?? '')))
}

/**
 * Puts the values in the place of placeholders: in the query, percent-encoded; in header values as they are, and within the
 * user and password of `Authorization: Basic`. Never in the path, and never in what a value brings itself. Throws
 * CannotFill for a value that no header can hold, and when the request would get too long.
 */
export function fill({ target, headers }: Filled, fillings: readonly Filling[]): Filled {
  const usable = fillings.filter(({ placeholder }) => isUsable(placeholder))
  if (usable.length === 0) return { target, headers }
  const room = { left: mostFilledBytes }
  const plain = createReplacer(
    usable.map(({ placeholder, value }) => [placeholder, () => headerBytes(value)]),
    room,
  )
  const raw = createReplacer(
    usable.map(({ placeholder, value }) => [placeholder, () => utf8(value)]),
    room,
  )
  const inQuery = createReplacer(
    usable.flatMap(({ placeholder, value }) => {
      const encoded = () => encodeQuery(value)
      return [[placeholder, encoded] as const, [encodeURIComponent(placeholder), encoded] as const]
    }),
    room,
  )
  const query = queryOf(target)
  return {
    target: `${target.slice(0, target.length - query.length)}${inQuery(query)}`,
    headers: headers.map((value, index) => {
      if (index % 2 === 0) return value
      const basic = basicOf(headers, index)
      if (basic === undefined) return plain(value)
      const filled = raw(basic.text)
      return filled === basic.text ? value : `${basic.scheme}${Buffer.from(filled, 'latin1').toString('base64')}`
    }),
  }
}

function isUsable(placeholder: string): boolean {
  return placeholder.length >= shortestPlaceholder
}

/** With the question mark; empty when there is none. */
function queryOf(target: string): string {
  const start = target.indexOf('?')
  return start === -1 ? '' : target.slice(start)
}

/** User and password of a header, one character a byte, when that is what the value at this index is. */
function basicOf(headers: readonly string[], index: number): { scheme: string; text: string } | undefined {
  if (headers[index - 1]?.toLowerCase() !== 'authorization') return undefined
  const [, scheme, base64] = /^(basic +)([A-Za-z0-9+/_=-]+)$/i.exec(headers[index] ?? '') ?? []
  if (scheme === undefined || base64 === undefined) return undefined
  return { scheme, text: Buffer.from(base64, 'base64').toString('latin1') }
}

/** Replaces in one pass, so that what was put in is not looked at again. */
function createReplacer(
  pairs: readonly (readonly [placeholder: string, value: () => string])[],
  room: { left: number },
): (text: string) => string {
  const values = new Map(pairs)
  // The longest first: one may begin with another.
  const sorted = [...values.keys()].sort((one, other) => other.length - one.length)
  const pattern = new RegExp(sorted.map((one) => one.replace(/[^A-Za-z0-9_]/g, '\\$&')).join('|'), 'g')
  return (text) =>
    text.replace(pattern, (placeholder) => {
      const value = values.get(placeholder)?.() ?? ''
      room.left -= value.length
      if (room.left < 0) throw new CannotFill('The request is too long with the values of its secrets in it')
      return value
    })
}

/** Header values are bytes, one character each (RFC 9110, 5.5). */
function headerBytes(value: string): string {
  const bytes = utf8(value)
  for (const character of bytes) {
    const code = character.charCodeAt(0)
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) {
      throw new CannotFill('The value of a secret has characters, such as a line break, that no header can hold')
    }
  }
  return bytes
}

function utf8(value: string): string {
  return Buffer.from(value, 'utf8').toString('latin1')
}

function encodeQuery(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
