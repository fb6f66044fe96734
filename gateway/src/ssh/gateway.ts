import type { Socket } from 'node:net'
import { type Access, type Engine, limits, type SshAnswer } from '@sandyard/protocol'
import ssh2, { type AuthContext, type Connection } from 'ssh2'
import { createActivity } from '../activity.ts'
import type { Log } from '../log.ts'
import { createAdmission } from './admission.ts'
import { algorithms } from './algorithms.ts'
import { plainText } from './attachment.ts'
import type { HostKey } from './host-keys.ts'
import { credentialsOf, sendBanner, socketOf } from './library.ts'
import { serveVisit, type Visit } from './visit.ts'

/** What SSH needs. */
export interface SshGatewayOptions {
  readonly access: Pick<Access, 'checkSsh' | 'touch'>
  readonly dial: Engine['dial']
  readonly hostKey: HostKey
  readonly log: Log
  /** epoch ms */
  readonly clock: () => number
}

/** The way in by SSH (runtime.md 3). It holds no port of its own. */
export interface SshGateway {
  /** Takes a connection. */
  serve(socket: Socket): void
  /** Call when a sandbox has changed its state or tokens of it have ended: what may be open no more is cut. */
  recheck(sandboxId: string): void
  /** Call when somebody may do less than before. */
  recheckAll(): void
  /** Cuts all connections. */
  close(): void
}

/** time between two words of use while a connection is open (api.md 3.10) */
const touchMs = 45_000

/** Makes it. */
export function createSshGateway({ access, dial, hostKey, log, clock }: SshGatewayOptions): SshGateway {
  const activity = createActivity((sandboxId) => access.touch(sandboxId), touchMs)
  const admission = createAdmission(clock)
  const sockets = new Set<Socket>()
  /** called when the client at the other end has said who it is */
  const known = new WeakMap<Socket, () => void>()
  const visits = new Map<string, Set<Visit>>()
  const server = new ssh2.Server({
    hostKeys: [hostKey.privateKey],
    ident: 'Sandyard',
    algorithms,
    keepaliveInterval: limits.sshQuietMs,
    keepaliveCountMax: limits.sshQuestions,
  })

  const letIn = (connection: Connection, token: string, granted: SshAnswer & { kind: 'granted' }): void => {
    const { sandboxId } = granted
    const visit = serveVisit(
      connection,
      { token, granted, variables: variablesOf(socketOf(connection)) },
      { dial, clock },
    )
    const endUse = activity.begin(sandboxId)
    const all = visits.get(sandboxId) ?? new Set()
    visits.set(sandboxId, all.add(visit))
    connection.once('close', () => {
      endUse()
      all.delete(visit)
      if (all.size === 0 && visits.get(sandboxId) === all) visits.delete(sandboxId)
    })
  }

  server.on('connection', (connection) => {
    const socket = socketOf(connection)
    const address = socket.remoteAddress ?? ''
    let tries = 0
    let granted: { readonly token: string; readonly answer: SshAnswer & { kind: 'granted' } } | null = null
    const refuse = (context: AuthContext, reason: string): void => {
      // Clients go on with one key after the other, which changes nothing.
      if (tries === 1) sendBanner(connection, `sandyard: ${plainText(reason)}\r\n`)
      context.reject(['publickey'])
      if (tries >= limits.sshTriesOfConnection) connection.end()
    }
    const decide = async (context: AuthContext): Promise<void> => {
      const { user, password } = credentialsOf(context)
      const isLabel = /^[0-9a-f-]{36}$/.test(user)
      // Clients ask first what they may try.
      if (isLabel && password === null) return context.reject(['password'])
      const request = isLabel ? { token: password ?? '', sandboxId: user } : { token: user }
      tries++
      const answer = await access.checkSsh({ ...request, isLogin: true })
      if (socket.destroyed) return
      if (answer.kind === 'denied') {
        if (!answer.isKnown && tries === 1) admission.noteFailure(address)
        return refuse(context, answer.reason)
      }
      if ((visits.get(answer.sandboxId)?.size ?? 0) >= limits.sshConnectionsOfSandbox) {
        return refuse(context, `${limits.sshConnectionsOfSandbox} connections to this sandbox are open already`)
      }
      granted = { token: request.token, answer }
      context.accept()
    }
    connection.on('authentication', (context) => {
      decide(context).catch((error: unknown) => {
        log.error({ error }, 'a login by SSH could not be checked')
        socket.destroy()
      })
    })
    connection.once('ready', () => {
      known.get(socket)?.()
      if (granted === null) socket.destroy()
      else letIn(connection, granted.token, granted.answer)
    })
    // What the library cannot go on with; it would wait for the client to go.
    connection.on('error', () => setTimeout(() => socket.destroy(), 100).unref())
  })
  server.on('error', (error: unknown) => log.warn({ error }, 'SSH'))

  const recheck = (sandboxId: string): void => {
    for (const visit of visits.get(sandboxId) ?? []) {
      access.checkSsh({ token: visit.visitor.token, isLogin: false }).then(
        (answer) => {
          if (answer.kind === 'denied') visit.cut(answer.reason)
        },
        (error: unknown) => log.error({ error }, 'an open connection by SSH could not be checked'),
      )
    }
  }

  return {
    serve(socket) {
      const leave = sockets.size < limits.sshConnections ? admission.enter(socket.remoteAddress ?? '') : null
      if (leave === null) {
        socket.destroy()
        return
      }
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      const timer = setTimeout(() => socket.destroy(), limits.sshLoginMs)
      socket.once('close', () => {
        clearTimeout(timer)
        leave(false)
        sockets.delete(socket)
      })
      known.set(socket, () => {
        clearTimeout(timer)
        leave(true)
      })
      server.injectSocket(socket)
    },
    recheck,
    recheckAll() {
      for (const sandboxId of visits.keys()) recheck(sandboxId)
    },
    close() {
      activity.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Variables as OpenSSH tells programs who is connected. */
function variablesOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): Record<string, string> {
  return {
    SSH_CONNECTION: `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`,
    SSH_CLIENT: `${remoteAddress} ${remotePort} ${localPort}`,
  }
}
