import type { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Access, type Engine, isPlatformError, limits, networkOf, previewNames } from '@sandyard/protocol'
import type { Admission } from './access/admit.ts'
import { createArrivals, notListening } from './access/arrival.ts'
import { rememberAccess } from './access/remembered.ts'
import { createActivity } from './activity.ts'
import { answerError, answerPage, answerUpgradeError } from './answer.ts'
import { createReadCaller } from './caller.ts'
import { isForGateway, isPreviewHost, type Names } from './destination.ts'
import { createConnections } from './forward/connections.ts'
import { forwardRequest } from './forward/request.ts'
import { forwardUpgrade } from './forward/tunnel.ts'
import { type PreviewHosts, previewOf } from './hosts.ts'
import type { Log } from './log.ts'
import { createOpenedConnections } from './opened.ts'
import { type CorsMode, corsHeaders, corsOrigin, isPreflight, preflightHeaders } from './preview/cors.ts'
import { listeningPorts, untilListens } from './preview/listening.ts'
import { createWarning } from './preview/warning.ts'
import { refusalOf } from './refuse.ts'
import { createSignInDoor, type SignInOptions } from './sign-in/sign-in.ts'
import { readVisit, rulesOf, type Visit, waitOf } from './visit.ts'

/** What the gateway needs. */
export interface GatewayOptions {
  readonly access: Pick<Access, 'check' | 'touch' | 'wake' | 'signIn' | 'customHost'>
  readonly dial: Engine['dial']
  /** domains under which `{port}-{label}` is a preview, lower case, without port; `*.` stands for IPv4 addresses */
  readonly previewDomains: () => readonly string[]
  /** CIDRs of proxies whose word on the caller is taken */
  readonly trustedProxies: readonly string[]
  /** which scripts of other origins may read previews */
  readonly cors: CorsMode
  /** browsers that may not see a preview are sent to sign in; null: they are told so */
  readonly signIn: SignInOptions | null
  readonly log: Log
  /** epoch ms */
  readonly clock: () => number
}

/**
 * The way in, behind a `node:http` server. Wire `handleRequest` to `request` and to `checkContinue` (so that the
 * program inside decides whether a body is sent) and `handleUpgrade` to `upgrade`. The server's options must have
 * `shouldUpgradeCallback: isTunnel` and `requestTimeout: 0`: bodies may take as long as they take. Without a listener
 * for `connect`, node refuses that method.
 */
export interface Gateway {
  /** True when the request is for the gateway: a preview Host, or a path under /toolbox/ or /preview/. */
  claims(request: IncomingMessage): boolean
  handleRequest(request: IncomingMessage, response: ServerResponse): void
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Call when a sandbox has changed: drops idle connections to it, answers about it, and whoever may pass no more. */
  forget(sandboxId: string): void
  /** Call when a caller may do less than before: what credentials have opened is closed, if they open it no more. */
  recheck(): void
  /** Cuts all connections into sandboxes. */
  close(): Promise<void>
}

/** time between two words of use while a connection is open (runtime.md 2.4) */
const touchMs = 45_000
/** silence after which the kernel asks whether the other end of a tunnel is still there */
const keepAliveMs = 60_000

/** Makes the gateway; it holds no port of its own. */
export function createGateway(options: GatewayOptions): Gateway {
  const { access, dial, previewDomains, log, clock } = options
  const hosts = (): PreviewHosts => ({ domains: previewDomains(), custom: access.customHost })
  const remembered = rememberAccess(access, clock)
  const arrivals = createArrivals(access)
  const connections = createConnections(dial)
  const activity = createActivity((sandboxId) => access.touch(sandboxId), touchMs)
  const readCaller = createReadCaller(options.trustedProxies, hosts)
  const warning = createWarning()
  const door =
    options.signIn === null ? null : createSignInDoor({ access, readCaller, hosts, options: options.signIn, clock })
  const tunnels = new Set<Duplex>()

  /** what was called last: a request is looked at more than once before the next one comes */
  let called: { readonly request: IncomingMessage; readonly names: Names } | null = null
  const namesOf = (request: IncomingMessage): Names => {
    if (called?.request !== request) {
      const { host } = readCaller(request)
      called = { request, names: { host, preview: previewOf(host, hosts()) } }
    }
    return called.names
  }

  const read = (request: IncomingMessage, isUpgrade: boolean): Visit => {
    const about = { caller: readCaller(request), names: namesOf(request), hosts: hosts(), access: remembered }
    return readVisit(request, about, isUpgrade)
  }

  const opened = createOpenedConnections(async (request, isUpgrade) => read(request, isUpgrade).ask())

  /** Lets the caller in to a started sandbox; waits for one that starts, and for the program in it. */
  const arrive = async (visit: Visit, first: Admission, closing: Duplex | ServerResponse): Promise<Admission> => {
    if (first.state === 'started' && !first.isPortComing) return first
    const left = new AbortController()
    const leave = () => left.abort()
    closing.once('close', leave)
    try {
      const wait = waitOf(visit, first, left.signal)
      const admission = await arrivals.arrive(wait)
      const { target } = admission
      const isComing = admission.isPortComing && target.kind === 'port'
      const ms = isComing ? wait.waitMs : Math.min(wait.waitMs, limits.arrivalListenMs)
      const open = () => connections.open(admission.sandboxId, target)
      const listens = target.kind !== 'port' || (await untilListens(open, { ms, signal: left.signal }))
      if (!listens && isComing) throw notListening(admission)
      return admission
    } finally {
      closing.off('close', leave)
    }
  }

  /** Holds what is open, and counts the sandbox as in use, until the function that is given is called. */
  const hold = (request: IncomingMessage, closing: Duplex | ServerResponse, admission: Admission): (() => void) => {
    const release = opened.hold(request, closing, admission)
    const isUse = request.headers[previewNames.skipActivityHeader] !== 'true'
    const endUse = isUse ? activity.begin(admission.sandboxId) : null
    return () => {
      release()
      endUse?.()
    }
  }

  /** Ports to tell of when nothing listens on the one that was asked for; a signed link, or a domain, knows only one. */
  const otherPorts = async (
    thrown: unknown,
    { destination }: Visit,
    { target, by, sandboxId }: Admission,
  ): Promise<number[]> => {
    const isSilent = isPlatformError(thrown) && thrown.code === 'BAD_GATEWAY'
    const isOneOnly = by === 'signed' || (destination.kind === 'preview' && destination.isCustom)
    if (!isSilent || target.kind !== 'port' || isOneOnly) return []
    const ports = await listeningPorts(() => connections.open(sandboxId, { kind: 'agent' }))
    return ports.includes(target.port) ? [] : ports
  }

  /** Puts a failure into words, as far as it has become known who calls for what. */
  const describe = async (request: IncomingMessage, thrown: unknown, visit?: Visit, admission?: Admission) => {
    const names = namesOf(request)
    const ports = visit === undefined || admission === undefined ? [] : await otherPorts(thrown, visit, admission)
    const known = admission === undefined ? {} : { sandboxId: admission.sandboxId }
    const failure = {
      request,
      thrown,
      previewHost: isPreviewHost(names) ? names.host : null,
      ...known,
      isBySignedLink: admission?.by === 'signed',
      ports,
      isNew: admission !== undefined && arrivals.isNew(admission.sandboxId),
    }
    return refusalOf(failure, log)
  }

  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    let visit: Visit | undefined
    let admission: Admission | undefined
    let lines: readonly string[] = []
    const refuse = async (thrown: unknown) => {
      const isStranger = isPlatformError(thrown) && thrown.code === 'UNAUTHORIZED'
      const invitation = isStranger && visit !== undefined ? door?.invite(request, visit) : null
      if (invitation != null && !response.headersSent) {
        response.writeHead(302, { Location: invitation, 'Cache-Control': 'no-store', 'Content-Length': 0 }).end()
        return
      }
      answerError(request, response, { ...(await describe(request, thrown, visit, admission)), lines })
    }
    const fail = (thrown: unknown): void => settle(refuse(thrown))
    /** Lets in whoever has not just been let in. */
    const ask = async (asking: Visit): Promise<void> => {
      const first = await asking.ask()
      admission = first
      if (response.closed || (first.hasWarning && warned(asking, response))) return
      const arrived = await arrive(asking, first, response)
      admission = arrived
      if (!response.closed) enter(asking, arrived)
    }
    const enter = (entering: Visit, admitted: Admission): void => {
      const { path } = entering
      const { sandboxId, target } = admitted
      forwardRequest(request, response, {
        lines: () => connections.lines(sandboxId, target),
        network: networkOf(entering.caller.address ?? ''),
        renew: () => connections.renew(sandboxId, target),
        path,
        rules: rulesOf(entering, admitted, lines.length === 0 ? null : lines),
        fail,
        hold: () => hold(request, response, admitted),
      })
    }
    try {
      visit = read(request, false)
      const cors = openTo(visit)
      if (cors !== null) lines = corsHeaders(cors)
      if (answeredBefore(visit, response, cors)) return
      const known = visit.known()
      if (known === null) ask(visit).catch(fail)
      else {
        admission = known
        if (!known.hasWarning || !warned(visit, response)) enter(visit, known)
      }
    } catch (thrown) {
      fail(thrown)
    }
  }

  /** The origin whose scripts may read the answer; null: the program inside decides. */
  const openTo = ({ request, destination }: Visit): string | null =>
    destination.kind === 'toolbox' ? null : corsOrigin(request, destination, { mode: options.cors, hosts: hosts() })

  /** Answers what the gateway itself is asked, whoever asks. */
  const answeredBefore = (visit: Visit, response: ServerResponse, cors: string | null): boolean => {
    const { request, destination } = visit
    if (destination.kind === 'toolbox') return false
    if (door?.welcome(request, response, visit) === true) return true
    if (cors !== null && isPreflight(request)) {
      response.writeHead(204, preflightHeaders(request, cors)).end()
      return true
    }
    return false
  }

  /** Shows the warning to who has not seen it, and takes the word of who has. */
  const warned = ({ request, destination, caller }: Visit, response: ServerResponse): boolean => {
    if (destination.kind === 'toolbox') return false
    if (warning.isDue(request, destination)) {
      answerPage(request, response, warning.page(request, destination))
      return true
    }
    if (!warning.isConsent(request, destination)) return false
    const consent = warning.consent(request, destination, caller)
    request.resume()
    if (consent === null) response.writeHead(403, { 'Content-Length': 0 }).end()
    else response.writeHead(303, consent).end()
    return true
  }

  const serveUpgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    let visit: Visit | undefined
    let admission: Admission | undefined
    const refuse = async (thrown: unknown) => {
      answerUpgradeError(socket, await describe(request, thrown, visit, admission))
    }
    try {
      visit = read(request, true)
      admission = await arrive(visit, await visit.ask(), socket)
      if (socket.destroyed) return
      socket.once('close', hold(request, socket, admission))
      const stream = await connections.open(admission.sandboxId, admission.target)
      if (socket.destroyed) {
        stream.destroy()
        return
      }
      const rules = rulesOf(visit, admission, null)
      const fail = (thrown: unknown) => settle(refuse(thrown))
      forwardUpgrade(request, socket, { stream, path: visit.path, rules, head, fail })
    } catch (thrown) {
      await refuse(thrown)
    }
  }

  /** Nothing that a request does may end the process. */
  const settle = (work: Promise<void>) => {
    work.catch((error: unknown) => log.error({ error }, 'gateway could not answer'))
  }

  return {
    claims: (request) => isForGateway(request, namesOf(request)) || door?.claims(request) === true,
    handleRequest(request, response) {
      const isSignIn = door?.claims(request) === true && !isPreviewHost(namesOf(request))
      if (!isSignIn) serve(request, response)
      else {
        const fail = async (thrown: unknown) => answerError(request, response, await describe(request, thrown))
        settle(door.handle(request, response).catch(fail))
      }
    },
    handleUpgrade(request, socket, head) {
      // Node hands the socket over without listeners; an error without one would end the process.
      socket.on('error', () => socket.destroy())
      if (socket instanceof Socket) socket.setKeepAlive(true, keepAliveMs)
      tunnels.add(socket)
      socket.once('close', () => tunnels.delete(socket))
      settle(serveUpgrade(request, socket, head))
    },
    forget(sandboxId) {
      remembered.forget(sandboxId)
      connections.forget(sandboxId)
      arrivals.changed(sandboxId)
      opened.recheckSandbox(sandboxId)
    },
    recheck() {
      remembered.forgetAll()
      opened.recheckAll()
    },
    async close() {
      activity.close()
      opened.close()
      connections.close()
      for (const socket of tunnels) socket.destroy()
    },
  }
}
