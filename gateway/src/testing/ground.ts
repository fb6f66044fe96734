import { mkdtemp, rm } from 'node:fs/promises'
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type RequestListener,
  Server,
} from 'node:http'
import { type AddressInfo, connect, type Server as NetServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import {
  type AccessAnswer,
  type AccessRequest,
  PlatformError,
  type SignInAnswer,
  type SignInRequest,
  type WakeAnswer,
} from '@sandyard/protocol'
import { createGateway, type Gateway, type GatewayOptions, isTunnel } from '../index.ts'

/** A sandbox as the stand-in of the server knows it. */
export interface KnownSandbox {
  readonly id: string
  readonly token: string
  isPublic: boolean
  state: string
  reason?: string
  isWakeable?: boolean
  isPortComing?: boolean
  /** nobody may enter anything of its organization */
  isClosed?: boolean
  /** the key opens nothing any more */
  isKeyRevoked?: boolean
  /** port on which it serves its environment; absent: the signed one */
  servedPort?: number
  /** the signed link has expired */
  isLinkEnded?: boolean
}

/** The sandbox of all tests, its key and tokens. */
export const known = {
  id: 'sb-1',
  key: 'dtn_key',
  token: 'preview-token',
  signed: 'signedtoken00001',
  signedPort: 3000,
  /** an environment that the sandbox serves on this port */
  environment: '12345678-0000-4000-8000-000000000001',
  /** first part of the signatures that the stand-in takes; method, path and time follow */
  signature: 'v1',
}

/** A gateway on a port of its own, with a sandbox whose agent and ports are servers on unix sockets. */
export interface Ground {
  readonly gateway: Gateway
  readonly port: number
  readonly sandbox: KnownSandbox
  /** questions the server was asked */
  readonly asked: AccessRequest[]
  readonly touched: string[]
  readonly logged: string[]
  /** sandboxes that were to be started */
  readonly woken: string[]
  /** targets that were dialled */
  readonly dialled: string[]
  readonly clock: { nowMs: number }
  /** replaces what the agent (or a port) of the sandbox is; a listener or a whole server */
  serve(target: 'agent' | number, program: RequestListener | NetServer): Promise<NetServer>
  ask(request: Ask): Promise<Answer>
  /** a raw connection to the gateway */
  dialGateway(): Socket
}

/** One request of a client. */
export interface Ask {
  readonly method?: string
  readonly path?: string
  readonly host?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Buffer
}

/** Its answer, read to the end. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly trailers: NodeJS.Dict<string>
  readonly text: string
}

/** What differs from the gateway of most tests. */
export interface GroundOptions
  extends Partial<Pick<GatewayOptions, 'trustedProxies' | 'cors' | 'previewDomains' | 'signIn'>> {
  /** a domain of a user that leads to the sandbox's port 3000 */
  readonly customHost?: string
  /** what the stand-in of the server says of the sandbox */
  readonly hasWarning?: boolean
  /** what the stand-in of the server does to start a sandbox */
  onWake?(sandboxId: string): Promise<WakeAnswer>
  /** what the stand-in of the server says to people */
  onSignIn?(request: SignInRequest): Promise<SignInAnswer>
}

/** Starts the ground and takes it away after the test. */
export async function startGround(t: TestContext, options: GroundOptions = {}): Promise<Ground> {
  const {
    onWake = async () => ({ kind: 'refused', reason: 'nobody', retryAfterMs: null }),
    onSignIn = async () => ({ kind: 'denied', reason: 'nobody' }),
    hasWarning = false,
    ...changed
  } = options
  const folder = await mkdtemp(join(tmpdir(), 'gateway-'))
  const sandbox: KnownSandbox = { id: known.id, token: known.token, isPublic: false, state: 'started' }
  const asked: AccessRequest[] = []
  const touched: string[] = []
  const logged: string[] = []
  const dialled: string[] = []
  const woken: string[] = []
  const clock = { nowMs: 0 }
  const servers: NetServer[] = []
  const paths = new Map<string, string>()
  const note = (fields: object, message: string) => void logged.push(`${message} ${Object.values(fields).join(' ')}`)

  const access: GatewayOptions['access'] = {
    async check(request) {
      asked.push(request)
      const answer = answerFor(sandbox, request)
      if (answer.kind === 'granted' && sandbox.isClosed === true) return { kind: 'closed' }
      return answer.kind === 'granted' && hasWarning ? { ...answer, hasWarning } : answer
    },
    customHost: (host) =>
      host.toLowerCase().split(':')[0] === options.customHost ? { sandboxId: known.id, port: known.signedPort } : null,
    touch: (id) => void touched.push(id),
    signIn: onSignIn,
    async wake(id) {
      woken.push(id)
      return onWake(id)
    },
  }
  const gateway = createGateway({
    access,
    async dial(_sandboxId, target) {
      const key = target.kind === 'agent' ? 'agent' : String(target.port)
      dialled.push(key)
      const path = paths.get(key)
      if (path === undefined) throw new PlatformError('BAD_GATEWAY', `Nothing listens on port ${key}`)
      const stream = connect(path)
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      stream.once('connect', resolve).once('error', reject)
      await promise
      stream.off('error', reject)
      return stream
    },
    previewDomains: () => ['localhost', 'preview.test', '*.sslip.io'],
    trustedProxies: [],
    cors: 'off',
    signIn: null,
    ...changed,
    log: { info: note, warn: note, error: note },
    clock: () => clock.nowMs,
  })

  const front = createServer({ shouldUpgradeCallback: isTunnel, requestTimeout: 0, optimizeEmptyRequests: true })
  const handle: RequestListener = (request, response) => {
    if (gateway.claims(request)) gateway.handleRequest(request, response)
    else response.writeHead(200).end('the server')
  }
  front.on('request', handle).on('checkContinue', handle)
  front.on('upgrade', (request, socket, head) => gateway.handleUpgrade(request, socket, head))
  const { port } = await listen(front, 0)

  t.after(async () => {
    await gateway.close()
    for (const server of [front, ...servers]) {
      if (server instanceof Server) server.closeAllConnections()
      server.close()
    }
    await rm(folder, { recursive: true, force: true })
  })

  return {
    gateway,
    port,
    sandbox,
    asked,
    touched,
    logged,
    dialled,
    woken,
    clock,
    async serve(target, program) {
      const server = typeof program === 'function' ? createServer(program) : program
      const path = join(folder, `${target}-${servers.length}.sock`)
      await listen(server, path)
      servers.push(server)
      paths.set(String(target), path)
      return server
    },
    ask: (request) => ask(port, request),
    dialGateway: () => connect(port, '127.0.0.1'),
  }
}

/** Everything that comes on a connection until it ends, as latin1. */
export async function readAll(socket: Socket): Promise<string> {
  let all = ''
  socket.setEncoding('latin1').on('error', () => {})
  for await (const chunk of socket) all += chunk
  return all
}

/** Waits until the condition holds; fails after two seconds. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  const endMs = Date.now() + 2000
  while (!condition()) {
    if (Date.now() > endMs) throw new Error(`not within two seconds: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** The name of a server's answer for one question, as runtime.md 2.3 has it. */
function answerFor(sandbox: KnownSandbox, { label, target, credentials }: AccessRequest): AccessAnswer {
  const { id, state, reason, isWakeable, isPortComing } = sandbox
  const grant = (by: (AccessAnswer & { kind: 'granted' })['by']): AccessAnswer => ({
    kind: 'granted',
    sandboxId: id,
    ...(target.kind === 'port' && target.port === null ? { port: sandbox.servedPort ?? known.signedPort } : {}),
    by,
    state,
    ...(reason === undefined ? {} : { reason }),
    ...(isWakeable ? { isWakeable } : {}),
    ...(isPortComing ? { isPortComing } : {}),
  })
  if (label === 'broken') throw new Error('the store is gone: secret detail')
  if (label === known.signed && target.kind === 'port') {
    if (sandbox.isLinkEnded === true) return { kind: 'unknown', isExpired: true }
    return target.port === known.signedPort ? grant('signed') : { kind: 'unknown' }
  }
  const hasKey = credentials.bearer === known.key && sandbox.isKeyRevoked !== true
  const isIt = label === id || label === known.environment || (label === 'my box' && target.kind === 'toolbox')
  if (!isIt) return { kind: hasKey ? 'unknown' : 'denied' }
  if (hasKey) return grant('bearer')
  if (credentials.previewToken === sandbox.token) return grant('preview-token')
  const file = credentials.fileSignature
  if (file !== undefined) {
    if (file.value === `${known.signature}-${file.method}-${file.path}-${file.expires}`) return grant('file-signature')
    return { kind: 'denied', reason: 'The signature is not valid' }
  }
  if (sandbox.isPublic && target.kind === 'port' && target.port !== 2280) return grant('public')
  return { kind: 'denied' }
}

async function ask(port: number, { method = 'GET', path = '/', host, headers, body }: Ask): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const all = { ...(host === undefined ? {} : { host }), ...headers }
  const sent = httpRequest({ host: '127.0.0.1', port, method, path, headers: all, agent: false }, (answer) => {
    text(answer).then((whole) => {
      const { statusCode = 0, rawHeaders, trailers } = answer
      resolve({ status: statusCode, headers: answer.headers, rawHeaders, trailers, text: whole })
    }, reject)
  })
  sent.once('error', reject)
  sent.end(body)
  return promise
}

async function listen(server: NetServer, where: number | string): Promise<AddressInfo> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  // Room for a test's burst of connections, which all come before any is taken.
  const backlog = 2048
  if (typeof where === 'number') server.listen({ port: where, host: '127.0.0.1', backlog }, resolve)
  else server.listen({ path: where, backlog }, resolve)
  await promise
  return server.address() as AddressInfo
}
