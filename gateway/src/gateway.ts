import type { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import {
  type Access,
  type DialTarget,
  type Engine,
  type ErrorBody,
  isPlatformError,
  previewNames,
} from '@sandyard/protocol'
import { type Admission, admit } from './access/admit.ts'
import { readCredentials, splitQueryToken } from './access/credentials.ts'
import { readSignedUrl } from './access/file-signature.ts'
import { rememberAccess } from './access/remembered.ts'
import { createActivity } from './activity.ts'
import { answerError, answerUpgradeError, errorBody, wantsPage } from './answer.ts'
import { isForGateway, isPreview, readDestination } from './destination.ts'
import { createConnections } from './forward/connections.ts'
import type { HeaderRules } from './forward/headers.ts'
import { forwardRequest } from './forward/request.ts'
import { forwardUpgrade } from './forward/tunnel.ts'
import type { Log } from './log.ts'
import { previewRules } from './preview/headers.ts'
import { listeningPorts } from './preview/listening.ts'
import { toolboxRules } from './toolbox/headers.ts'

/** What the gateway needs. */
export interface GatewayOptions {
  readonly access: Pick<Access, 'check' | 'touch'>
  readonly dial: Engine['dial']
  /** domains under which `{port}-{label}` is a preview, lower case, without port */
  readonly previewDomains: () => readonly string[]
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
  /** True when the request is for the gateway: a preview Host, or a path under /toolbox/. */
  claims(request: IncomingMessage): boolean
  handleRequest(request: IncomingMessage, response: ServerResponse): void
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Call when a sandbox has changed its state: drops idle connections to it and answers about it. */
  forget(sandboxId: string): void
  /** Call when a caller may do less than before: what credentials have opened is closed, if they open it no more. */
  recheck(): void
  /** Cuts all connections into sandboxes. */
  close(): Promise<void>
}

/** A request that may pass, and how. */
interface Passage {
  readonly admission: Admission
  readonly target: DialTarget
  readonly path: string
  readonly rules: HeaderRules
}

/** time between two words of use while a connection is open (runtime.md 2.4) */
const touchMs = 45_000
/** silence after which the kernel asks whether the other end of a tunnel is still there */
const keepAliveMs = 60_000

/** Makes the gateway; it holds no port of its own. */
export function createGateway({ access, dial, previewDomains, log, clock }: GatewayOptions): Gateway {
  const remembered = rememberAccess(access, clock)
  const connections = createConnections(dial)
  const activity = createActivity((sandboxId) => access.touch(sandboxId), touchMs)
  const tunnels = new Set<Duplex>()
  /** what bearers have open */
  const opened = new Map<Duplex | ServerResponse, IncomingMessage>()

  /** A signed URL is for one request and opens no tunnel. */
  const openPassage = async (request: IncomingMessage, isUpgrade: boolean): Promise<Passage> => {
    const domains = previewDomains()
    const destination = readDestination(request, domains)
    const credentials = readCredentials(request, destination, domains)
    const { url } = splitQueryToken(destination.url)
    const maySign = destination.kind === 'toolbox' && !isUpgrade
    const signed = maySign ? readSignedUrl(request.method ?? '', url) : null
    const admission = await admit(remembered.check, { destination, credentials, signed })
    const path = signed !== null && 'url' in signed ? signed.url : url
    if (destination.kind === 'toolbox') {
      return { admission, target: { kind: 'agent' }, path, rules: toolboxRules(destination) }
    }
    const target: DialTarget = { kind: 'port', port: destination.port }
    return { admission, target, path, rules: previewRules(request, destination, admission) }
  }

  /** Counts the sandbox as in use until the connection closes. */
  const noteUse = (request: IncomingMessage, closing: Duplex | ServerResponse, { admission }: Passage) => {
    if (request.headers[previewNames.skipActivityHeader] === 'true') return
    closing.once('close', activity.begin(admission.sandboxId))
  }

  /** Holds a connection that a bearer has opened where `recheck` finds it. */
  const hold = (request: IncomingMessage, closing: Duplex | ServerResponse, { admission }: Passage) => {
    if (admission.by !== 'bearer') return
    opened.set(closing, request)
    closing.once('close', () => opened.delete(closing))
  }

  /** Ports to tell of when nothing listens on the one that was asked for; a signed link opens and knows only one. */
  const otherPorts = async (error: ErrorBody, passage: Passage | undefined): Promise<number[]> => {
    if (error.code !== 'BAD_GATEWAY' || passage?.target.kind !== 'port' || passage.admission.by === 'signed') return []
    const ports = await listeningPorts(connections.pool(passage.admission.sandboxId, { kind: 'agent' }))
    return ports.includes(passage.target.port) ? [] : ports
  }

  const refuse = async (request: IncomingMessage, response: ServerResponse, thrown: unknown, passage?: Passage) => {
    const error = errorBody(request, thrown, log)
    const asPage = isPreview(request, previewDomains()) && wantsPage(request)
    answerError(request, response, { error, asPage, ports: await otherPorts(error, passage) })
  }

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const passage = await openPassage(request, false)
    if (response.closed) return
    noteUse(request, response, passage)
    hold(request, response, passage)
    const { admission, target, path, rules } = passage
    try {
      forwardRequest(request, response, {
        pool: () => connections.pool(admission.sandboxId, target),
        renew: () => connections.renew(admission.sandboxId, target),
        path,
        rules,
        fail: (thrown) => settle(refuse(request, response, thrown, passage)),
      })
    } catch (thrown) {
      await refuse(request, response, thrown, passage)
    }
  }

  const serveUpgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const passage = await openPassage(request, true)
    if (socket.destroyed) return
    noteUse(request, socket, passage)
    hold(request, socket, passage)
    const stream = await connections.open(passage.admission.sandboxId, passage.target)
    if (socket.destroyed) {
      stream.destroy()
      return
    }
    const fail = (thrown: unknown) => answerUpgradeError(socket, errorBody(request, thrown, log))
    forwardUpgrade(request, socket, { stream, path: passage.path, rules: passage.rules, head, fail })
  }

  /** Nothing that a request does may end the process. */
  const settle = (work: Promise<void>) => {
    work.catch((error: unknown) => log.error({ error }, 'gateway could not answer'))
  }

  return {
    claims: (request) => isForGateway(request, previewDomains()),
    handleRequest(request, response) {
      settle(serve(request, response).catch((thrown: unknown) => refuse(request, response, thrown)))
    },
    handleUpgrade(request, socket, head) {
      // Node hands the socket over without listeners; an error without one would end the process.
      socket.on('error', () => socket.destroy())
      if (socket instanceof Socket) socket.setKeepAlive(true, keepAliveMs)
      tunnels.add(socket)
      socket.once('close', () => tunnels.delete(socket))
      serveUpgrade(request, socket, head).catch((thrown: unknown) => {
        answerUpgradeError(socket, errorBody(request, thrown, log))
      })
    },
    forget(sandboxId) {
      remembered.forget(sandboxId)
      connections.forget(sandboxId)
    },
    recheck() {
      remembered.forgetAll()
      for (const [closing, request] of opened) {
        openPassage(request, closing instanceof Socket).catch((error: unknown) => {
          if (isPlatformError(error) && ['UNAUTHORIZED', 'NOT_FOUND'].includes(error.code)) closing.destroy()
        })
      }
    },
    async close() {
      activity.close()
      connections.close()
      for (const socket of tunnels) socket.destroy()
    },
  }
}
