import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'

/** A call that a git host got. */
export interface GitHostCall {
  readonly method: string
  /** with its query */
  readonly path: string
  readonly headers: IncomingMessage['headers']
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly body: any
}

/** A comment at a git host. */
export interface GitHostComment {
  readonly id: number
  readonly pull: string
  body: string
}

/** A git host on loopback: it keeps comments and statuses as the documented APIs do. */
export interface TestGitHost extends AsyncDisposable {
  readonly url: string
  readonly calls: GitHostCall[]
  readonly comments: GitHostComment[]
  readonly statuses: { readonly commit: string; readonly state: string; readonly url: string | null }[]
  /** answers in its place when it gives true */
  trouble: (call: GitHostCall, response: ServerResponse) => boolean
  /** calls that write, as `METHOD path` */
  writes(): string[]
}

const tokens = ['Bearer good', 'token good', 'good']

/** Opens a git host that knows the token `good`. */
export async function openGitHost(): Promise<TestGitHost> {
  const sockets = new Set<Socket>()
  const http = createServer((request, response) => {
    text(request).then(
      (body) => answer(request, response, body),
      () => {}, // The caller has gone away.
    )
  })
  http.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))

  function answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const { method = '', url: path = '', headers } = request
    const call = { method, path, headers, body: body === '' ? undefined : JSON.parse(body) }
    host.calls.push(call)
    if (host.trouble(call, response)) return
    const [status, answered] = answerOf(call)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answered))
  }

  function answerOf({ method, path, headers, body }: GitHostCall): readonly [status: number, body: unknown] {
    const token = headers.authorization ?? headers['private-token']
    if (!tokens.includes(String(token))) return [401, { message: 'Bad credentials' }]
    const [, rest = ''] = /^\/api\/(?:v[134])\/(?:repos\/acme\/shop|projects\/acme%2Fshop)([^?]*)/.exec(path) ?? []
    const [, pull] = /^\/(?:issues|merge_requests)\/(\d+)\/(?:comments|notes)$/.exec(rest) ?? []
    const [, id] = /^\/(?:issues\/comments|merge_requests\/\d+\/notes)\/(\d+)$/.exec(rest) ?? []
    const [, commit] = /^\/statuses\/([0-9a-f]+)$/.exec(rest) ?? []
    if (pull !== undefined && method === 'GET') {
      const query = new URL(path, host.url).searchParams
      const [size, page] = [Number(query.get('per_page')), Number(query.get('page'))]
      const all = host.comments.filter((comment) => comment.pull === pull)
      return [200, all.slice((page - 1) * size, page * size)]
    }
    if (pull !== undefined && method === 'POST') {
      const comment = { id: host.comments.length + 1000, pull, body: body.body }
      host.comments.push(comment)
      return [201, comment]
    }
    if (id !== undefined && (method === 'PATCH' || method === 'PUT')) {
      const comment = host.comments.find((one) => one.id === Number(id))
      if (comment === undefined) return [404, { message: 'Not Found' }]
      comment.body = body.body
      return [200, comment]
    }
    if (commit !== undefined && method === 'POST') {
      host.statuses.push({ commit, state: body.state, url: body.target_url ?? null })
      return [201, {}]
    }
    return [path.includes('acme') && rest === '' ? 200 : 404, { message: 'Not Found' }]
  }

  const { port } = http.address() as AddressInfo
  const host: TestGitHost = {
    url: `http://127.0.0.1:${port}`,
    calls: [],
    comments: [],
    statuses: [],
    trouble: () => false,
    writes: () => host.calls.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => http.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
  return host
}
