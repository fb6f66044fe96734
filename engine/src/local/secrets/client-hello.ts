/** What the beginning of a connection tells of the host that is asked for; `more`: not all of it is here yet. */
export type Hello =
  | { readonly kind: 'more' }
  /** `null`: it names none */
  | { readonly kind: 'hello'; readonly name: string | null }
  | { readonly kind: 'not-tls' }

/** Bytes of a connection that are looked at. */
export const mostHelloBytes = 32 * 1024

const handshakeRecord = 22
const clientHello = 1
const serverNameExtension = 0
const mostRecordBytes = 16 * 1024
const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?'
const hostName = new RegExp(`^(?=.{1,253}$)${label}(\\.${label})*$`)

/**
 * Reads the server name of a ClientHello (RFC 8446, 4.1.2; RFC 6066, 3) from the first bytes of a connection. Only this
 * decides where the connection goes; what TLS then finds itself must be the same.
 */
export function readHello(bytes: Buffer): Hello {
  const message = readMessage(bytes)
  if (message === 'more' && bytes.length < mostHelloBytes) return { kind: 'more' }
  if (!(message instanceof Buffer)) return { kind: 'not-tls' }
  const name = readName(message)
  return name === undefined ? { kind: 'not-tls' } : { kind: 'hello', name }
}

/** The first handshake message, which may lie in several records. */
function readMessage(bytes: Buffer): Buffer | 'more' | undefined {
  const parts: Buffer[] = []
  let held = 0
  for (let offset = 0; ; ) {
    const type = bytes[offset]
    if (type === undefined) return 'more'
    if (type !== handshakeRecord) return undefined
    if ((bytes[offset + 1] ?? 3) !== 3) return undefined
    if (bytes.length < offset + 5) return 'more'
    const length = bytes.readUInt16BE(offset + 3)
    if (length === 0 || length > mostRecordBytes) return undefined
    const part = bytes.subarray(offset + 5, offset + 5 + length)
    parts.push(part)
    held += part.length
    if (held > 0 && parts[0]?.[0] !== undefined && parts[0][0] !== clientHello) return undefined
    if (held >= 4) {
      const whole = Buffer.concat(parts)
      const size = whole.readUIntBE(1, 3)
      if (4 + size > mostHelloBytes) return undefined
      if (whole.length >= 4 + size) return whole.subarray(4, 4 + size)
    }
    if (part.length < length) return 'more'
    offset += 5 + length
  }
}

/** The host that a ClientHello names; `null` for none, `undefined` when it is no ClientHello. */
function readName(message: Buffer): string | null | undefined {
  const at = cursor(message)
  const isWhole = at.skip(2 + 32) && at.vector(1) !== undefined && at.vector(2) !== undefined
  if (!isWhole || at.vector(1) === undefined) return undefined
  if (at.isAtEnd()) return null
  const extensions = at.vector(2)
  if (extensions === undefined || !at.isAtEnd()) return undefined
  let found: string | null = null
  for (const each = cursor(extensions); !each.isAtEnd(); ) {
    const type = each.number(2)
    const content = each.vector(2)
    if (type === undefined || content === undefined) return undefined
    if (type !== serverNameExtension) continue
    const name = readServerName(content)
    // A second one could be the one that TLS goes by.
    if (name === undefined || found !== null) return undefined
    found = name
  }
  return found
}

function readServerName(content: Buffer): string | undefined {
  const outer = cursor(content)
  const list = outer.vector(2)
  if (list === undefined || !outer.isAtEnd()) return undefined
  const at = cursor(list)
  const type = at.number(1)
  const name = at.vector(2)
  if (type !== 0 || name === undefined || !at.isAtEnd()) return undefined
  const text = name.toString('latin1').toLowerCase()
  return hostName.test(text) && !/^[0-9.]+$/.test(text) ? text : undefined
}

/** Goes through bytes from the front; gives `undefined` where there are too few. */
function cursor(bytes: Buffer) {
  let offset = 0
  const number = (size: 1 | 2): number | undefined => {
    if (bytes.length < offset + size) return undefined
    offset += size
    return bytes.readUIntBE(offset - size, size)
  }
  return {
    number,
    isAtEnd: (): boolean => offset === bytes.length,
    skip(count: number): boolean {
      offset += count
      return offset <= bytes.length
    },
    /** bytes with their count before them */
    vector(size: 1 | 2): Buffer | undefined {
      const length = number(size)
      if (length === undefined || bytes.length < offset + length) return undefined
      offset += length
      return bytes.subarray(offset - length, offset)
    },
  }
}
