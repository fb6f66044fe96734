import { execFileSync } from 'node:child_process'
import { createPublicKey, hash, type JsonWebKey, randomBytes, verify, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json, text } from 'node:stream/consumers'
import { connect as tlsConnect } from 'node:tls'

/** A certificate authority that speaks RFC 8555 on loopback and takes its rules at their word. */
export interface AcmeServer extends AsyncDisposable {
  readonly directoryUrl: string
  /** PEM of the root that signs */
  readonly root: string
  /** names that certificates were made for, in order */
  readonly issued: string[]
  /** kinds of challenges that were fulfilled, in order */
  readonly fulfilled: string[]
  /** names that certificates were asked for */
  readonly ordered: string[]
  /** it breaks off every connection */
  isDown: boolean
  /** where it looks for the answers to challenges */
  ports: { http: number; tls: number }
  /** names that it makes no certificates for */
  readonly refused: Set<string>
}

interface Order {
  readonly name: string
  readonly account: string
  readonly token: string
  readonly kinds: readonly string[]
  status: 'pending' | 'ready' | 'valid' | 'invalid'
  challenge: { kind: string; status: string; error?: object } | null
  chain: string
}

interface Signed {
  readonly account: string | null
  readonly jwk: JsonWebKey
  readonly payload: Record<string, unknown> | null
}

class Problem extends Error {
  readonly status: number
  readonly kind: string

  constructor(status: number, kind: string, detail: string) {
    super(detail)
    this.status = status
    this.kind = kind
  }
}

/** Starts it; `kinds` are the challenges that it offers. */
export async function openAcmeServer(
  kinds: readonly string[] = ['http-01', 'tls-alpn-01', 'dns-01'],
): Promise<AcmeServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-acme-'))
  makeRoot(folder)
  const nonces = new Set<string>()
  const accounts = new Map<string, JsonWebKey>()
  const orders: Order[] = []
  let hasRefusedNonce = false
  let base = ''

  const server = createServer((request, response) => {
    if (acme.isDown) {
      request.socket.destroy()
      return
    }
    answer(request, response).catch((error: unknown) => {
      const problem = error instanceof Problem ? error : new Problem(500, 'serverInternal', String(error))
      const type = `urn:ietf:params:acme:error:${problem.kind}`
      response.writeHead(problem.status, { 'content-type': 'application/problem+json', 'replay-nonce': nonce() })
      response.end(JSON.stringify({ type, detail: problem.message, status: problem.status }))
    })
  })
  const acme: AcmeServer = {
    get directoryUrl() {
      return `${base}/directory`
    },
    root: readFileSync(join(folder, 'root.pem'), 'utf8'),
    ...{ issued: [], fulfilled: [], ordered: [], isDown: false, ports: { http: 0, tls: 0 }, refused: new Set() },
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  function nonce(): string {
    const fresh = randomBytes(16).toString('base64url')
    nonces.add(fresh)
    return fresh
  }

  function send(response: ServerResponse, status: number, body: object | string, headers: object = {}): void {
    const isText = typeof body === 'string'
    response.writeHead(status, {
      'content-type': isText ? 'application/pem-certificate-chain' : 'application/json',
      'replay-nonce': nonce(),
      ...headers,
    })
    response.end(isText ? body : JSON.stringify(body))
  }

  /** Checks what RFC 8555, 6.2 to 6.5 ask of every POST. */
  async function readSigned(request: IncomingMessage): Promise<Signed> {
    if (request.method !== 'POST') throw new Problem(405, 'malformed', 'POST it')
    if (request.headers['content-type'] !== 'application/jose+json') throw new Problem(415, 'malformed', 'content type')
    const body = (await json(request)) as { protected: string; payload: string; signature: string }
    const header = JSON.parse(Buffer.from(body.protected, 'base64url').toString()) as Record<string, unknown>
    if (header.url !== `${base}${request.url}`) throw new Problem(401, 'unauthorized', 'the URL is another')
    if (!nonces.delete(String(header.nonce)) || !hasRefusedNonce) {
      hasRefusedNonce = true
      throw new Problem(400, 'badNonce', 'take another')
    }
    if ((header.jwk === undefined) === (header.kid === undefined)) throw new Problem(400, 'malformed', 'jwk or kid')
    const account = header.kid === undefined ? null : String(header.kid)
    const jwk = account === null ? (header.jwk as JsonWebKey) : accounts.get(account)
    if (jwk === undefined) throw new Problem(400, 'accountDoesNotExist', 'who is that?')
    if (header.alg !== 'ES256') throw new Problem(400, 'badSignatureAlgorithm', 'ES256')
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    const signed = Buffer.from(`${body.protected}.${body.payload}`)
    const signature = Buffer.from(body.signature, 'base64url')
    if (!verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature)) {
      throw new Problem(403, 'unauthorized', 'signature')
    }
    const payload = body.payload === '' ? null : JSON.parse(Buffer.from(body.payload, 'base64url').toString())
    return { account, jwk, payload }
  }

  function orderOf(id: string | undefined, { account }: Signed): Order {
    const order = orders[Number(id)]
    if (order === undefined || order.account !== account) throw new Problem(404, 'malformed', 'no such thing')
    return order
  }

  function wireOrder(order: Order): object {
    const id = orders.indexOf(order)
    return {
      status: order.status,
      identifiers: [{ type: 'dns', value: order.name }],
      authorizations: [`${base}/authorization/${id}`],
      finalize: `${base}/finalize/${id}`,
      ...(order.status === 'valid' ? { certificate: `${base}/certificate/${id}` } : {}),
    }
  }

  function wireChallenge(order: Order, kind: string): object {
    const done = order.challenge?.kind === kind ? order.challenge : null
    const url = `${base}/challenge/${orders.indexOf(order)}/${kind}`
    return {
      type: kind,
      url,
      token: order.token,
      status: done?.status ?? 'pending',
      ...(done?.error && { error: done.error }),
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, what = '', id, kind = ''] = (request.url ?? '').split('/')
    if (what === 'directory') {
      const urls = Object.fromEntries(['newNonce', 'newAccount', 'newOrder'].map((name) => [name, `${base}/${name}`]))
      return send(response, 200, { ...urls, meta: { termsOfService: 'https://terms.test/' } })
    }
    if (what === 'newNonce') {
      response.writeHead(request.method === 'HEAD' ? 200 : 204, { 'replay-nonce': nonce() })
      return void response.end()
    }
    const signed = await readSigned(request)
    if (what === 'newAccount') return newAccount(signed, response)
    if (signed.account === null) throw new Problem(401, 'unauthorized', 'an account is needed')
    if (what === 'newOrder') return newOrder(signed, response)
    // An account that is there already is told again who it is (RFC 8555, 7.3.2).
    if (what === 'account') return send(response, 200, { status: 'valid' }, { location: signed.account })
    const order = orderOf(id, signed)
    if (what === 'finalize') return finalize(order, signed, response)
    if (what === 'challenge' && signed.payload !== null) {
      if (!order.kinds.includes(kind)) throw new Problem(404, 'malformed', 'no such challenge')
      order.challenge = { kind, status: 'processing' }
      void judge(order, kind)
      return send(response, 200, wireChallenge(order, kind))
    }
    if (signed.payload !== null) throw new Problem(400, 'malformed', 'POST as GET has no payload')
    if (what === 'challenge') return send(response, 200, wireChallenge(order, kind))
    if (what === 'order') return send(response, 200, wireOrder(order))
    if (what === 'certificate' && order.status === 'valid') return send(response, 200, order.chain)
    if (what !== 'authorization') throw new Problem(404, 'malformed', 'no such thing')
    send(response, 200, {
      status: order.status === 'pending' ? 'pending' : order.status === 'invalid' ? 'invalid' : 'valid',
      identifier: { type: 'dns', value: order.name },
      challenges: order.kinds.map((one) => wireChallenge(order, one)),
    })
  }

  function newAccount({ jwk, payload }: Signed, response: ServerResponse): void {
    const known = `${base}/account/${thumbprint(jwk)}`
    if (accounts.has(known)) {
      send(response, 200, { status: 'valid' }, { location: known })
      return
    }
    if (payload?.termsOfServiceAgreed !== true) throw new Problem(403, 'userActionRequired', 'agree to the terms')
    const contact = payload.contact as string[]
    if (!contact.every((one) => one.startsWith('mailto:'))) throw new Problem(400, 'unsupportedContact', 'mailto')
    accounts.set(known, jwk)
    send(response, 201, { status: 'valid', contact }, { location: known })
  }

  function newOrder({ account, payload }: Signed, response: ServerResponse): void {
    const identifiers = payload?.identifiers as { type: string; value: string }[]
    const [{ type, value: name } = { type: '', value: '' }, more] = identifiers
    if (type !== 'dns' || more !== undefined) throw new Problem(400, 'unsupportedIdentifier', 'one name')
    acme.ordered.push(name)
    if (acme.refused.has(name)) throw new Problem(400, 'rejectedIdentifier', `nobody gets ${name}`)
    const token = randomBytes(24).toString('base64url')
    const order: Order = { name, account: account ?? '', token, kinds, status: 'pending', challenge: null, chain: '' }
    orders.push(order)
    send(response, 201, wireOrder(order), { location: `${base}/order/${orders.length - 1}` })
  }

  async function judge(order: Order, kind: string): Promise<void> {
    const jwk = accounts.get(order.account) ?? {}
    const wanted = `${order.token}.${thumbprint(jwk)}`
    const fault = await (kind === 'http-01' ? askHttp : askAlpn)(order, wanted).catch(String)
    if (fault === null) acme.fulfilled.push(kind)
    const error = { type: 'urn:ietf:params:acme:error:unauthorized', detail: fault }
    order.challenge = fault === null ? { kind, status: 'valid' } : { kind, status: 'invalid', error }
    order.status = fault === null ? 'ready' : 'invalid'
  }

  async function askHttp({ name, token }: Order, wanted: string): Promise<string | null> {
    const path = `/.well-known/acme-challenge/${token}`
    const asked = httpRequest({ host: '127.0.0.1', port: acme.ports.http, path, headers: { host: name } }).end()
    const [answered] = (await once(asked, 'response')) as [IncomingMessage]
    const said = await text(answered)
    return answered.statusCode === 200 && said === wanted ? null : `${answered.statusCode} ${said.slice(0, 100)}`
  }

  async function askAlpn({ name }: Order, wanted: string): Promise<string | null> {
    const { tls: port } = acme.ports
    const options = {
      port,
      host: '127.0.0.1',
      servername: name,
      ALPNProtocols: ['acme-tls/1'],
      rejectUnauthorized: false,
    }
    const socket = tlsConnect(options)
    await once(socket, 'secureConnect')
    const shown = socket.getPeerX509Certificate()
    const spoken = socket.alpnProtocol
    socket.destroy()
    if (spoken !== 'acme-tls/1' || shown === undefined) return `it speaks ${spoken}`
    if (shown.subjectAltName !== `DNS:${name}`) return `it is for ${shown.subjectAltName}`
    // acmeIdentifier, critical, with the digest (RFC 8737, 3).
    const extension = `06082b0601050507011f0101ff04220420${hash('sha256', wanted)}`
    return shown.raw.toString('hex').includes(extension) ? null : 'the digest is another'
  }

  function finalize(order: Order, { payload }: Signed, response: ServerResponse): void {
    if (order.status !== 'ready') throw new Problem(403, 'orderNotReady', `it is ${order.status}`)
    order.chain = sign(folder, Buffer.from(String(payload?.csr), 'base64url'), order.name)
    order.status = 'valid'
    acme.issued.push(order.name)
    send(response, 200, wireOrder(order), { location: `${base}/order/${orders.indexOf(order)}` })
  }

  return acme
}

function thumbprint({ crv, kty, x, y }: JsonWebKey): string {
  return hash('sha256', JSON.stringify({ crv, kty, x, y }), 'base64url')
}

function openssl(args: readonly string[]): string {
  return execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' })
}

function makeRoot(folder: string): void {
  openssl([
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '3650'],
    ...['-subj', '/CN=Test root', '-keyout', join(folder, 'root.key'), '-out', join(folder, 'root.pem')],
  ])
}

/** Signs a request for exactly this name, for 90 days. */
function sign(folder: string, csr: Buffer, name: string): string {
  const file = join(folder, 'request.der')
  writeFileSync(file, csr)
  const asked = openssl(['req', '-inform', 'DER', '-in', file, '-noout', '-text', '-verify'])
  const names = [...asked.matchAll(/DNS:([^,\s]+)/g)].map(([, one]) => one)
  if (names.length !== 1 || names[0] !== name) throw new Problem(400, 'badCSR', `it is for ${names}`)
  const chain = openssl([
    ...['x509', '-req', '-inform', 'DER', '-in', file, '-CA', join(folder, 'root.pem')],
    ...['-CAkey', join(folder, 'root.key'), '-days', '90', '-copy_extensions', 'copy'],
  ])
  if (new X509Certificate(chain).checkHost(name) === undefined) throw new Problem(500, 'serverInternal', 'not for it')
  return chain
}
