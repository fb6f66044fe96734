/** Longest name, with the lengths of its labels (RFC 1035). */
const mostBytes = 255
/** Jumps within a message that one name may take. */
const mostJumps = 16
/** What host names and names of services are made of. */
const plain = /^[a-z0-9_-]{1,63}$/

/** A name that was read, and where what follows it begins. */
export interface Span {
  /** in lower case, without a dot at the end; empty for the root */
  readonly name: string
  readonly end: number
}

/** A question that was read. */
export interface Question extends Span {
  readonly type: number
  readonly class: number
}

/** Reads a name of letters, digits, `-` and `_`; `undefined` for any other, and for one that leads nowhere. */
export function readName(message: Buffer, start: number): Span | undefined {
  const labels: string[] = []
  let offset = start
  let end: number | undefined
  let bytes = 1
  for (let jumps = 0; ; ) {
    const length = message[offset]
    if (length === undefined) return undefined
    if (length === 0) return { name: labels.join('.'), end: end ?? offset + 1 }
    if (length >= 0xc0) {
      const low = message[offset + 1]
      if (low === undefined) return undefined
      const target = ((length & 0x3f) << 8) | low
      // Only back, so that it comes to an end.
      if (target >= offset || ++jumps > mostJumps) return undefined
      end ??= offset + 2
      offset = target
      continue
    }
    bytes += length + 1
    if (length > 63 || bytes > mostBytes) return undefined
    const label = message.toString('latin1', offset + 1, offset + 1 + length).toLowerCase()
    if (label.length !== length || !plain.test(label)) return undefined
    labels.push(label)
    offset += length + 1
  }
}

/** Reads the question at an offset; its name is written out, as it is the first one of its message. */
export function parseQuestion(message: Buffer, start: number): Question | undefined {
  const span = readName(message, start)
  if (span === undefined || message.length < span.end + 4) return undefined
  if (span.end !== start + (span.name === '' ? 1 : span.name.length + 2)) return undefined
  return {
    name: span.name,
    type: message.readUInt16BE(span.end),
    class: message.readUInt16BE(span.end + 2),
    end: span.end + 4,
  }
}

/** Writes a name that `readName` gave. */
export function writeName(name: string): Buffer {
  const labels = name === '' ? [] : name.split('.')
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')])),
    Buffer.from([0]),
  ])
}
