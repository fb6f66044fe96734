import type { IncomingMessage, ServerResponse } from 'node:http'
import { TLSSocket } from 'node:tls'
import { type AuthInfo, createMcpHandler, isLegacyRequest, type McpServer } from '@modelcontextprotocol/server'
import { limits } from '@sandyard/protocol'
import { Daytona, DaytonaError } from '@sandyard/sdk'
import { createMcpServer } from '../server.ts'
import { createCallCount } from './call-count.ts'
import { type Caller, readCaller } from './caller.ts'
import { readBody, refuse, sendResponse, toWebRequest } from './exchange.ts'
import { refuseHost } from './hosts.ts'
import { createConnect, type LocalPlatform } from './local-platform.ts'
import { createRoom, type RequestRoom } from './room.ts'
import { createSessions } from './sessions.ts'

/** Path of MCP on the port of everything else. */
const mcpPath = '/mcp'
const sweepEveryMs = 60_000

/** What MCP over HTTP is made from. */
export interface McpHttpOptions extends LocalPlatform {
  /** names under which the platform is known, without port */
  readonly hosts: () => readonly string[]
  /** told of faults of ours */
  readonly onFault: (what: string, error: unknown) => void
  /** epoch ms */
  readonly clock: () => number
}

/** MCP over HTTP. */
export interface McpHttp {
  /** Answers a request; never rejects. */
  listener(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Ends all sessions and cancels what is under way. */
  close(): Promise<void>
}

/**
 * Serves the tools over streamable HTTP. Each request acts with the rights of its own bearer, asked of the platform
 * each time. Clients of today need no session; for older ones there are bounded ones.
 */
export function createMcpHttp(options: McpHttpOptions): McpHttp {
  const { hosts, onFault, clock } = options
  const sessions = createSessions(clock)
  const room = createRoom()
  const connect = createConnect(options, room)
  const calls = createCallCount()
  const underWay = new Map<string, number>()
  let total = 0
  const fault = (what: string) => (error: unknown) => onFault(what, error)
  const makeServer = (platform: Daytona, caller: string): McpServer =>
    createMcpServer({ platform, onFault, enter: () => calls.enter(caller) })
  const modern = createMcpHandler(({ authInfo }) => makeServer(platformOf(authInfo), authInfo?.clientId ?? ''), {
    legacy: 'reject',
    maxRequestBodySize: limits.mcpBodyBytes,
  })
  const timer = setInterval(() => void sessions.sweep().catch(fault('sweep')), sweepEveryMs)
  timer.unref()

  async function serve(
    request: IncomingMessage,
    response: ServerResponse,
    caller: Caller,
    held: RequestRoom,
  ): Promise<void> {
    const platform = connect(caller)
    const refused = await refusal(platform)
    if (refused !== null) {
      if (refused.status === 401) await sessions.endOf(caller.id)
      const headers: Record<string, string> = refused.status === 401 ? { 'www-authenticate': 'Bearer' } : {}
      refuse(response, refused.status, refused.message, headers)
      return
    }
    let body: unknown
    if (request.method === 'POST') {
      const read = await readBody(request, held)
      if ('status' in read) return refuse(response, read.status, read.message)
      body = read.value
      if (Array.isArray(body) && body.length > limits.mcpBatch)
        return refuse(response, 400, `More than ${limits.mcpBatch} calls in one request`)
    }
    const web = toWebRequest(request, response, caller.site)
    const isLegacy = await isLegacyRequest(web, body)
    const answer = isLegacy
      ? await sessions.handle(web, body, caller.id, () => makeServer(platform, caller.id))
      : await modern.fetch(web, {
          parsedBody: body,
          // never told to anybody: only the factory above reads it
          authInfo: { token: '', clientId: caller.id, scopes: [], extra: { platform } },
        })
    await sendResponse(response, answer)
  }

  return {
    async listener(request, response) {
      const wrongHost = refuseHost(request, hosts())
      if (wrongHost !== null) return refuse(response, 403, wrongHost)
      if (request.url !== mcpPath && !request.url?.startsWith(`${mcpPath}?`)) return refuse(response, 404, 'Not found')
      if (!['POST', 'GET', 'DELETE'].includes(request.method ?? ''))
        return refuse(response, 405, 'Method not allowed', { allow: 'POST, GET, DELETE' })
      const caller = readCaller(request, isTlsRequest(request))
      if (caller === null)
        return refuse(response, 401, 'Give an API key of the platform as bearer token', {
          'www-authenticate': 'Bearer',
        })
      // Those that only wait are bounded by the sessions that they belong to.
      const counts = request.method === 'GET' ? 0 : 1
      const own = underWay.get(caller.id) ?? 0
      if (counts === 1 && (own >= limits.mcpRequestsOfCaller || total >= limits.mcpRequests))
        return refuse(response, 429, 'Too many requests at a time', { 'retry-after': '1' })
      underWay.set(caller.id, own + counts)
      total += counts
      const held = room.open(caller.id)
      try {
        await serve(request, response, caller, held)
      } catch (error) {
        if (response.destroyed) return
        onFault('http', error)
        refuse(response, 500, 'The request failed inside')
      } finally {
        held.close()
        total -= counts
        const left = (underWay.get(caller.id) ?? 0) - counts
        if (left <= 0) underWay.delete(caller.id)
        else underWay.set(caller.id, left)
      }
    },
    async close() {
      clearInterval(timer)
      await sessions.close()
      await modern.close()
    },
  }
}

/** What `serve` has put there. */
function platformOf(authInfo: AuthInfo | undefined): Daytona {
  const platform = authInfo?.extra?.platform
  if (!(platform instanceof Daytona)) throw new Error('a request came without its platform')
  return platform
}

function isTlsRequest(request: IncomingMessage): boolean {
  return request.socket instanceof TLSSocket
}

/** Why the platform does not take the caller; null when it does. What a caller may not do, tools tell. */
async function refusal(platform: Daytona): Promise<{ status: number; message: string } | null> {
  try {
    await platform.client.call('listAvailableRegions')
    return null
  } catch (error) {
    if (!(error instanceof DaytonaError) || error.statusCode === undefined) throw error
    const { statusCode: status, message } = error
    return status === 401 || status === 429 || status >= 500 ? { status, message } : null
  }
}
