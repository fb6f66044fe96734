import { once } from 'node:events'
import { readFileSync, statfsSync, writeFileSync } from 'node:fs'
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Base, createLocalEngine, removeLocalEngine } from '@sandyard/engine'
import { createGateway, createSshGateway, openHostKey, openSshPort } from '@sandyard/gateway'
import { type Engine, PlatformError, parsePreviewHost, version } from '@sandyard/protocol'
import { createServer, type ServerConfig } from '@sandyard/server'
import { openToPages } from './api-cors.ts'
import { archivePlace } from './archive-place.ts'
import type { Config } from './config.ts'
import { mountDashboard } from './dashboard/dashboard.ts'
import { createFront } from './front.ts'
import { answerFrontPage } from './front-page.ts'
import { limitsOf } from './limits.ts'
import type { Log } from './log.ts'
import { mountMcp } from './mcp.ts'
import { createHomeOf } from './preview-home.ts'
import { answerChallenge, refuseProof } from './tls/acme/challenges.ts'
import { openHttpPort } from './tls/http-port.ts'
import { answerPlain, createPlainRule } from './tls/serve-tls.ts'
import { openTls } from './tls/source.ts'

/** What a platform is made from. */
export interface PlatformParts {
  readonly config: Config
  readonly base: Base
  readonly log: Log
}

/** A running platform. */
export interface Platform {
  /** base URL, without a slash at the end */
  readonly url: string
  /** the same as programs on this machine reach it, past any proxy */
  readonly localUrl: string
  /** The dashboard with a token that signs the administrator in once; null where it is not built. */
  dashboardLink(): Promise<string | null>
  /** Answers no more and lets go of everything; sandboxes go on running. */
  close(): Promise<void>
}

const defaultSnapshot = 'default'

/** Opens engine, server and gateway, and listens once the engine's truth has been taken in. */
export async function startPlatform(parts: PlatformParts & { readonly apiKey: string }): Promise<Platform> {
  const { config, log, apiKey } = parts
  // What is open when a later part fails is closed again, in reverse: else the process could not end.
  await using opened = new AsyncDisposableStack()
  const http = createFront()
  // The port comes first: links carry it, and where it is taken nothing is made on the machine. Until all is taken
  // in, callers are told to come again.
  http.on('request', tellStarting)
  const tls = await openTls(http, config, log.child({ part: 'tls' }))
  opened.defer(async () => tls?.close())
  if (tls === null && config.httpPort !== null) {
    throw new PlatformError('BAD_REQUEST', '--http-port is for a platform with TLS: --acme-email or --tls-cert')
  }
  if (tls !== null && config.httpPort !== null) {
    const plain = await openHttpPort(config.httpPort, config.host, tls.challenges)
    opened.defer(async () => plain.close())
  }
  const port = await listen(http, config.port, config.host)
  const localUrl = `http://${hostInUrl(config.host)}:${port}`
  const url = config.publicUrl ?? (tls === null ? localUrl : localUrl.replace('http:', 'https:'))
  opened.defer(async () => {
    http.close()
    http.closeAllConnections()
  })
  const sshPort = config.sshPort === null ? null : await openSshPort(config.sshPort, config.host)
  opened.defer(async () => sshPort?.close())
  const engine = opened.adopt(await openEngine(parts), (open) => open.close())
  const clock = (): number => Date.now()
  // Links for callers on this machine always go to localhost.
  const ipDomains = config.previewIpDomain === null ? [] : [`*.${config.previewIpDomain}`]
  const previewDomains = [...new Set([...config.previewDomain, 'localhost']), ...ipDomains]
  const hostKey = await openHostKey(config.data)
  const server = await createServer({
    engine,
    storePath: join(config.data, 'sandyard.db'),
    folder: config.data,
    log: log.child({ part: 'server' }),
    clock,
    config: {
      apiKey,
      publicUrl: url,
      previewDomains,
      previewWarning: config.previewWarning,
      dnsServers: config.dnsServers,
      region: { id: 'us', name: 'us' },
      defaultSnapshot,
      capacity: { cpu: config.maxCpu, memoryGib: config.maxMemory, diskGib: config.maxDisk },
      defaults: { cpu: config.defaultCpu, memoryGib: config.defaultMemory, diskGib: config.defaultDisk },
      readySandboxes: config.readySandboxes,
      previewBuilds: config.previewBuilds,
      ...limitsOf(config),
      ...oidcOf(config),
      ...(sshPort === null ? {} : { ssh: { port: sshPort.port, ...knownBy(hostKey) } }),
      observation: {
        webhookAllow: config.webhookAllow,
        metricsToken: config.metricsToken,
        areMetricsPublic: config.metricsPublic,
        sampleSeconds: config.sampleInterval,
      },
      version,
    },
  })
  opened.adopt(server, (open) => open.close())
  const gateway = createGateway({
    access: server.access,
    dial: engine.dial,
    previewDomains: () => previewDomains,
    trustedProxies: config.trustedProxies,
    cors: config.previewCors,
    signIn: config.previewSignIn
      ? { homeOf: createHomeOf(config.publicUrl, previewDomains), hasIssuer: config.oidcIssuer !== null }
      : null,
    log: log.child({ part: 'gateway' }),
    clock,
  })
  opened.adopt(gateway, (open) => open.close())
  server.onSandboxChange((sandboxId) => gateway.forget(sandboxId))
  server.onAccessChange(() => gateway.recheck())
  const ssh = createSshGateway({
    access: server.access,
    dial: engine.dial,
    hostKey,
    log: log.child({ part: 'ssh' }),
    clock,
  })
  opened.defer(async () => ssh.close())
  server.onSandboxChange(ssh.recheck)
  server.onSshChange(ssh.recheck)
  server.onAccessChange(ssh.recheckAll)
  const mcp = mountMcp({
    callApi: (request, remoteAddress) => server.fetch(request, { incoming: { socket: { remoteAddress } } }),
    // Without TLS the port is open to this machine by its loopback alone.
    localUrl: tls === null || localUrl.startsWith('http://localhost:') ? localUrl : url,
    hosts: () => [new URL(url).hostname],
    onFault: (what, error) => log.error({ what, error }, 'a tool failed inside'),
    clock,
  })
  opened.adopt(mcp, (open) => open.close())
  const dashboard = mountDashboard({
    callApi: (request, remoteAddress) => server.fetch(request, { incoming: { socket: { remoteAddress } } }),
    publicUrl: url,
    onFault: (error) => log.error({ error }, 'the dashboard failed inside'),
    clock,
  })
  await engine.recover()
  await server.recover()
  sshPort?.serve(ssh.serve)
  http.off('request', tellStarting)
  tls?.start(server.names)
  server.names.onChange(() => tls?.look())
  const apiCors = {
    origins: config.apiCors,
    isPreview: (host: string) =>
      parsePreviewHost(host, previewDomains) !== null || server.access.customHost(host) !== null,
  }
  const mayBePlain = tls === null ? () => true : createPlainRule(config.trustedProxies)
  http.on('request', (request, response) => {
    if (request.socket.destroyed) return // cut off by the front, with all that it had sent
    if (tls !== null && answerChallenge(tls.challenges, request, response)) return
    if (refuseProof(previewDomains, request, response)) return
    if (!mayBePlain(request.socket)) answerPlain(request, response)
    else if (openToPages(apiCors, request, response)) return
    else if (gateway.claims(request)) gateway.handleRequest(request, response)
    else if (request.method === 'GET' && request.url === '/') void answerFrontPage(response, dashboard)
    else if (dashboard.claims(request)) dashboard.listener(request, response)
    else if (mcp.claims(request)) void mcp.listener(request, response)
    else void server.listener(request, response)
  })
  http.on('checkContinue', (request, response) => {
    if (mayBePlain(request.socket) && gateway.claims(request)) {
      gateway.handleRequest(request, response)
      return
    }
    response.writeContinue()
    http.emit('request', request, response)
  })
  http.on('upgrade', (request, socket, head) => {
    if (!mayBePlain(request.socket)) socket.destroy()
    else if (gateway.claims(request)) gateway.handleUpgrade(request, socket, head)
    else if (!server.handleUpgrade(request, socket, head)) socket.destroy()
  })
  const running = opened.move()
  return {
    url,
    localUrl,
    async dashboardLink() {
      // A fragment goes to no server and into no log.
      return (await dashboard.isBuilt())
        ? `${url}/dashboard/#login-token=${await server.createLoginToken()}&choose-password`
        : null
    },
    async close() {
      // No new calls from here on; those under way are cut when the gateway has let go of its own.
      http.close()
      await running.disposeAsync()
    },
  }
}

/** What clients know this host by. */
function knownBy({ publicKey, fingerprint }: Awaited<ReturnType<typeof openHostKey>>) {
  return { hostKeys: [publicKey], fingerprints: [fingerprint] }
}

/** The OIDC issuer, when one is configured. */
function oidcOf(config: Config): Pick<ServerConfig, 'oidc'> {
  const { oidcIssuer: issuer, oidcClientId: clientId, oidcClientSecret: clientSecret } = config
  if (issuer === null && clientId === null) return {}
  if (issuer === null || clientId === null) {
    throw new PlatformError('BAD_REQUEST', '--oidc-issuer and --oidc-client-id are needed together')
  }
  const isSignUpOpen = config.oidcSignUp
  return { oidc: { issuer, clientId, audience: config.oidcAudience ?? clientId, clientSecret, isSignUpOpen } }
}

/** The engine of this machine with the configured limits; `recover` is the caller's. */
export function openEngine({ config, base, log }: PlatformParts): Promise<Engine> {
  return createLocalEngine({
    data: config.data,
    runtimeFolder: base.runtimeFolder,
    snapshots: base.snapshots,
    defaultSnapshot,
    diskPoolGib: config.diskPool ?? defaultPoolGib(config.data),
    defaultDiskGib: config.defaultDisk,
    volumeSizeGib: config.volumeSize,
    network: config.network,
    openRanges: config.networkAllow,
    dnsServers: config.dnsServers,
    insecureRegistries: config.insecureRegistries,
    commonEnv: proxyEnvironment(config),
    caFile: config.caFile === null ? null : writeCaBundle(config.data, config.caFile),
    archiveStore: archivePlace(config),
    spareCount: 3,
    log: log.child({ part: 'engine' }),
  })
}

/** Removes what the engine made on the machine; the data folder's other files stay. */
export async function removeHostState(config: Config): Promise<void> {
  await removeLocalEngine({ data: config.data, network: config.network, archiveStore: archivePlace(config) })
}

function tellStarting(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(503, { 'retry-after': '1', 'content-type': 'application/json', connection: 'close' })
  response.end(
    JSON.stringify({
      statusCode: 503,
      error: 'Service Unavailable',
      message: 'The platform is starting',
      code: 'SERVICE_UNAVAILABLE',
    }),
  )
}

async function listen(http: HttpServer, port: number, host: string): Promise<number> {
  http.listen(port, host)
  await once(http, 'listening').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EADDRINUSE') throw cause
    throw new PlatformError('CONFLICT', `port ${port} of ${host} is taken; --port chooses another`, { cause })
  })
  return (http.address() as AddressInfo).port
}

function hostInUrl(host: string): string {
  if (['0.0.0.0', '::', '127.0.0.1', '::1'].includes(host)) return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

function defaultPoolGib(data: string): number {
  const stats = statfsSync(data)
  return Math.max(1, Math.floor((0.8 * stats.bavail * stats.bsize) / 2 ** 30))
}

/** Programs disagree on upper and lower case, so both are set. */
function proxyEnvironment({ httpProxy, httpsProxy, noProxy }: Config): Record<string, string> {
  const values = { http_proxy: httpProxy, https_proxy: httpsProxy, no_proxy: noProxy }
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === null
        ? []
        : [
            [name, value],
            [name.toUpperCase(), value],
          ],
    ),
  )
}

/** The machine's own authorities and the configured ones in one file: most programs read only one. */
function writeCaBundle(data: string, caFile: string): string {
  const bundle = join(data, 'ca-bundle.pem')
  const usual = readFileSync('/etc/ssl/certs/ca-certificates.crt', 'utf8')
  writeFileSync(bundle, `${usual}\n${readFileSync(caFile, 'utf8')}`, { mode: 0o644 })
  return bundle
}
