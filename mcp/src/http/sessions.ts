import { randomUUID } from 'node:crypto'
import { type McpServer, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server'
import { limits } from '@sandyard/protocol'

/** A session of a client that speaks a revision of the protocol with sessions. */
interface Session {
  readonly owner: string
  readonly server: McpServer
  readonly transport: WebStandardStreamableHTTPServerTransport
  usedAtMs: number
  /** requests that are answered now, and streams that wait */
  busy: number
}

/** Sessions over HTTP. */
export interface Sessions {
  /** Answers a request of the caller: of a session of theirs, or one that begins one. */
  handle(request: Request, body: unknown, owner: string, makeServer: () => McpServer): Promise<Response>
  /** Ends all sessions of a caller, such as one whose key does not work any more. */
  endOf(owner: string): Promise<void>
  /** Ends those that have rested too long, without so much as an open stream. */
  sweep(): Promise<void>
  close(): Promise<void>
}

/** Makes the sessions; none is there yet. They are bounded, and belong to the credentials that have begun them. */
export function createSessions(clock: () => number): Sessions {
  const sessions = new Map<string, Session>()

  async function end(id: string): Promise<void> {
    const session = sessions.get(id)
    sessions.delete(id)
    await session?.server.close()
  }

  /** Makes room for one more: the ones that rested longest go. */
  async function makeRoom(owner: string): Promise<void> {
    const own = [...sessions].filter(([, session]) => session.owner === owner)
    if (own.length >= limits.mcpSessionsOfCaller) await endOldest(own)
    if (sessions.size >= limits.mcpSessions) await endOldest([...sessions])
  }

  async function endOldest(among: readonly [string, Session][]): Promise<void> {
    const [first] = among.toSorted(([, a], [, b]) => a.busy - b.busy || a.usedAtMs - b.usedAtMs)
    if (first !== undefined) await end(first[0])
  }

  async function begin(owner: string, makeServer: () => McpServer): Promise<Session> {
    await makeRoom(owner)
    const server = makeServer()
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, session),
      onsessionclosed: (id) => void sessions.delete(id),
    })
    const session: Session = { owner, server, transport, usedAtMs: clock(), busy: 0 }
    await server.connect(transport)
    return session
  }

  async function answer(session: Session, request: Request, body: unknown): Promise<Response> {
    session.usedAtMs = clock()
    session.busy += 1
    try {
      const response = await session.transport.handleRequest(request, body === undefined ? {} : { parsedBody: body })
      if (response.body === null) {
        rest(session)
        return response
      }
      return new Response(
        whenRead(response.body, () => rest(session)),
        response,
      )
    } catch (error) {
      rest(session)
      throw error
    }
  }

  function rest(session: Session): void {
    session.busy -= 1
    session.usedAtMs = clock()
  }

  return {
    async handle(request, body, owner, makeServer) {
      const id = request.headers.get('mcp-session-id')
      if (id !== null) {
        const session = sessions.get(id)
        // Of a stranger's session nothing is told, not even that it is there.
        if (session?.owner !== owner) return notFound()
        return await answer(session, request, body)
      }
      if (request.method !== 'POST') return new Response(null, { status: 405, headers: { allow: 'POST' } })
      const session = await begin(owner, makeServer)
      try {
        return await answer(session, request, body)
      } finally {
        // refused, or a call without a session: there is nothing to keep
        if (session.transport.sessionId === undefined) await session.server.close()
      }
    },
    async endOf(owner) {
      for (const [id, session] of [...sessions]) if (session.owner === owner) await end(id)
    },
    async sweep() {
      const oldestMs = clock() - limits.mcpSessionIdleMs
      for (const [id, { usedAtMs, busy }] of [...sessions]) if (busy === 0 && usedAtMs < oldestMs) await end(id)
    },
    async close() {
      for (const id of [...sessions.keys()]) await end(id)
    },
  }
}

function notFound(): Response {
  const error = { code: -32_001, message: 'There is no such session: begin another one' }
  return Response.json({ jsonrpc: '2.0', error, id: null }, { status: 404 })
}

/** The same stream; `then` is called once, when it has been read to its end, has failed, or nobody reads it further. */
function whenRead(stream: ReadableStream<Uint8Array>, then: () => void): ReadableStream<Uint8Array> {
  const reader = stream.getReader()
  let isOver = false
  const end = (): void => {
    if (!isOver) then()
    isOver = true
  }
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (done !== true) return controller.enqueue(value)
        end()
        controller.close()
      } catch (error) {
        end()
        controller.error(error)
      }
    },
    async cancel(reason) {
      end()
      await reader.cancel(reason)
    },
  })
}
