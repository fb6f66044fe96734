import type { Socket } from 'node:net'
import type { AuthContext, Connection, ServerChannel } from 'ssh2'

/**
 * What we use of the SSH library beyond what it declares; `library.test.ts` fails when it is not there any more.
 * Its own writing to channels is not used: it takes any window that a client names, and when both streams of a channel
 * wait for a window it sends bytes twice.
 */
interface Insides {
  readonly _sock: Socket
  readonly _protocol: Protocol
  readonly _chanMgr: { add(opened: OnOpened): number }
}

interface Protocol {
  /** gone when the connection cannot be used any more */
  readonly _destruct?: unknown
  /** packets that wait for the end of a key exchange */
  readonly _queue?: readonly unknown[]
  readonly _packetRW: {
    readonly write: { readonly allocStart: number; alloc(size: number): Buffer; finalize(packet: Buffer): Buffer }
  }
  readonly _cipher: { encrypt(packet: Buffer): void }
  readonly _kexinit?: unknown
  channelData(id: number, bytes: Buffer): void
  channelExtData(id: number, bytes: Buffer, type: number): void
  openssh_authAgent(id: number, window: number, packetSize: number): void
}

type OnOpened = ((error: Error | undefined, channel: ServerChannel) => void) & { type?: string }

/** The flow control of one channel. */
export interface ChannelInsides {
  readonly outgoing: { readonly id: number; window: number; readonly packetSize: number; readonly state: string }
  /** set: the next word of a larger window is told to `_chunkcb` */
  _waitWindow: boolean
  _chunkcb: (() => void) | undefined
}

const insides = (connection: Connection): Insides => connection as unknown as Insides

/** The flow control of a channel. */
export function channelInsides(channel: ServerChannel): ChannelInsides {
  return channel as unknown as ChannelInsides
}

/** The socket of a connection. */
export function socketOf(connection: Connection): Socket {
  return insides(connection)._sock
}

/** True while packets can be sent. */
export function isUsable(connection: Connection): boolean {
  return insides(connection)._protocol._destruct !== undefined && !socketOf(connection).destroyed
}

/** Packets that wait for the end of a key exchange. */
export function queuedPackets(connection: Connection): number {
  return insides(connection)._protocol._queue?.length ?? 0
}

const standardError = 1

/** Sends bytes of a channel, which must fit its window. */
export function sendData(connection: Connection, channel: ServerChannel, bytes: Buffer, isError: boolean): void {
  const { outgoing } = channelInsides(channel)
  outgoing.window -= bytes.length
  const { _protocol: protocol } = insides(connection)
  if (isError) protocol.channelExtData(outgoing.id, bytes, standardError)
  else protocol.channelData(outgoing.id, bytes)
}

const windowBytes = 2 * 1024 * 1024
const packetBytes = 32 * 1024

/** Asks the client for a channel to its SSH agent. */
export function openAgentChannel(
  connection: Connection,
  opened: (error: Error | undefined, channel: ServerChannel) => void,
) {
  const { _chanMgr: channels, _protocol: protocol } = insides(connection)
  const id = channels.add(Object.assign(opened, { type: 'auth-agent@openssh.com' }))
  protocol.openssh_authAgent(id, windowBytes, packetBytes)
}

const bannerMessage = 53

/** Tells a client something before it is let in: SSH_MSG_USERAUTH_BANNER (RFC 4252 section 5.4). */
export function sendBanner(connection: Connection, text: string): void {
  const { _protocol: protocol } = insides(connection)
  if (protocol._kexinit !== undefined) return // nothing but keys may be sent now
  const body = Buffer.from(text)
  const { write } = protocol._packetRW
  const start = write.allocStart
  const packet = write.alloc(1 + 4 + body.length + 4)
  packet[start] = bannerMessage
  packet.writeUInt32BE(body.length, start + 1)
  body.copy(packet, start + 5)
  packet.writeUInt32BE(0, start + 5 + body.length)
  protocol._cipher.encrypt(write.finalize(packet))
}

/** The user name of a login, and the password that came with it. */
export function credentialsOf(context: AuthContext): { readonly user: string; readonly password: string | null } {
  return { user: context.username, password: context.method === 'password' ? context.password : null }
}
