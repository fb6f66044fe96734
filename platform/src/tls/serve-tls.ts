import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { createServer as createTlsServer, type SecureContext, TLSSocket } from 'node:tls'
import { createProxies } from '@sandyard/protocol'
import { type Challenges, challengeProtocol } from './acme/challenges.ts'
import { oldestTls, type Pem } from './certificates.ts'

/** First byte of a TLS connection: a record of its handshake. */
const handshake = 0x16
/** time for the first byte, and for the handshake, ms */
const beginMs = 10_000
/** time for a handshake in which a certificate may have to be made, ms */
const makingMs = 30_000

/** Where certificates come from. */
export interface CertificateSource {
  /** The one for a name that a client asks for; null: there is none, and the client is refused. */
  contextFor(name: string): Promise<SecureContext | null> | SecureContext | null
  /** Calls the listener with the one for clients that ask for no name, now and whenever it changes. */
  onFirst(listener: (first: Pem) => void): void
}

/**
 * Lets an HTTP server speak TLS on its port. Plain HTTP is still understood there: programs on the machine itself and
 * trusted proxies may use it, and everybody else is sent to the safe way.
 */
export function serveTls(http: HttpServer, certificates: CertificateSource, challenges?: Challenges): void {
  const [serve] = http.listeners('connection')
  if (serve === undefined) throw new Error('The server takes no connections')
  const tls = createTlsServer({
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: challenges === undefined ? beginMs : makingMs,
    SNICallback(name, done) {
      Promise.resolve(certificates.contextFor(name)).then(
        (context) => (context === null ? done(new Error(`There is no certificate for ${name}`)) : done(null, context)),
        done,
      )
    },
  })
  certificates.onFirst((first) => tls.setSecureContext({ ...first, minVersion: oldestTls }))
  tls.on('secureConnection', (socket) => serve.call(http, socket))
  tls.on('tlsClientError', (_, socket) => socket.destroy())
  const authorities = createTlsServer({
    ALPNProtocols: [challengeProtocol],
    handshakeTimeout: beginMs,
    SNICallback(name, done) {
      const context = challenges?.alpn.get(name.toLowerCase())
      if (context === undefined) done(new Error(`Nobody proves ${name} now`))
      else done(null, context)
    },
  })
  // The handshake is all that an authority wants to see (RFC 8737, 3).
  authorities.on('secureConnection', (socket) => socket.on('error', () => socket.destroy()).end())
  authorities.on('tlsClientError', (_, socket) => socket.destroy())
  http.removeListener('connection', serve as (socket: Socket) => void)
  http.on('connection', (socket: Socket) => {
    readFirst(socket, (first, isChallenge) => {
      // Who leaves within the handshake is gone: a half of a connection that stayed open would wait for the rest of it.
      if (first === handshake) socket.allowHalfOpen = false
      if (isChallenge && challenges !== undefined) authorities.emit('connection', socket)
      else if (first === handshake) tls.emit('connection', socket)
      else serve.call(http, socket)
    })
  })
}

/** Tells the first byte of a connection and whether it is one of an authority, and puts back what was read. */
function readFirst(socket: Socket, tell: (first: number, isChallenge: boolean) => void): void {
  const giveUp = () => socket.destroy()
  socket.on('error', giveUp)
  socket.setTimeout(beginMs, giveUp)
  socket.once('data', (chunk: Buffer) => {
    socket.pause()
    socket.off('error', giveUp)
    socket.off('timeout', giveUp)
    socket.setTimeout(0)
    socket.unshift(chunk)
    tell(chunk[0] ?? 0, chunk[0] === handshake && chunk.includes(challengeProtocol))
    process.nextTick(() => socket.resume())
  })
}

/** Who may speak plain HTTP to a server that speaks TLS. */
export function createPlainRule(trustedProxies: readonly string[]): (socket: Socket) => boolean {
  const { isTrusted } = createProxies([...trustedProxies, '127.0.0.0/8', '::1'])
  return (socket) => socket instanceof TLSSocket || isTrusted(socket.remoteAddress)
}

/** Sends a caller of plain HTTP to the safe way; what it has sent already was sent in the open. */
export function answerPlain(request: IncomingMessage, response: ServerResponse): void {
  const { host = '' } = request.headers
  const isPlainHost = /^[a-z0-9.-]+(:\d{1,5})?$|^\[[0-9a-f:]+\](:\d{1,5})?$/i.test(host)
  const mayGoOn = isPlainHost && (request.method === 'GET' || request.method === 'HEAD')
  const location = mayGoOn ? { location: `https://${host}${request.url}` } : {}
  const body = JSON.stringify({
    statusCode: mayGoOn ? 308 : 403,
    error: mayGoOn ? 'Permanent Redirect' : 'Forbidden',
    message: 'This server speaks TLS: call it by https',
    code: 'FORBIDDEN',
  })
  response.writeHead(mayGoOn ? 308 : 403, { 'content-type': 'application/json', connection: 'close', ...location })
  response.end(body)
}
