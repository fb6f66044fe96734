/** What one message of the connection says: Engine.IO 4, with Socket.IO 5 in its messages. */
export type Packet =
  | { readonly kind: 'hello'; readonly silenceMs: number }
  | { readonly kind: 'ping' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'refused'; readonly message: string }
  /** `isForUs`: this client is to go, and not because the platform ends */
  | { readonly kind: 'end'; readonly isForUs: boolean }
  | { readonly kind: 'event'; readonly name: string; readonly payload: unknown }
  /** of no meaning here */
  | { readonly kind: 'other' }

/** The answer to a ping. */
export const pong = '3'

/** Signs of life come this often, and may be this late, when the platform does not say, ms */
const usualPing = { pingInterval: 25_000, pingTimeout: 20_000 }

/** What to send after the hello. */
export function connectPacket(token: string): string {
  return `40${JSON.stringify({ token })}`
}

/** Reads a message. @throws SyntaxError when it is none of the protocol */
export function readPacket(text: string): Packet {
  const [, kind = '', body = ''] = /^(4[0-6]|\d)(.*)$/s.exec(text) ?? []
  switch (kind) {
    case '0': {
      const { pingInterval, pingTimeout } = { ...usualPing, ...(JSON.parse(body) as Partial<typeof usualPing>) }
      return { kind: 'hello', silenceMs: pingInterval + pingTimeout }
    }
    case '1':
      return { kind: 'end', isForUs: false }
    case '2':
      return { kind: 'ping' }
    case '40':
      return { kind: 'connected' }
    case '41':
      return { kind: 'end', isForUs: true }
    case '42': {
      const [name, payload] = JSON.parse(body.slice(body.indexOf('['))) as [unknown, unknown]
      return typeof name === 'string' ? { kind: 'event', name, payload } : { kind: 'other' }
    }
    case '44': {
      const { message } = JSON.parse(body) as { message?: unknown }
      return { kind: 'refused', message: typeof message === 'string' ? message : 'no reason was given' }
    }
    default:
      return { kind: 'other' }
  }
}
