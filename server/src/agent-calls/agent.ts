import {
  type Engine,
  type ErrorCode,
  errorTable,
  PlatformError,
  type Route,
  type RouteInput,
  type RouteOutput,
} from '@sandyard/protocol'
import { type DialAgent, download, exchange, type RawAnswer } from './exchange.ts'
import { type FollowedLog, followLog } from './log-stream.ts'

/** Of a call that says nothing else, ms and bytes. */
const usual = { deadlineMs: 30_000, mostBytes: 1024 * 1024 }
/** Of what an agent says of a failure, so much is told on, characters. */
const messageLength = 2000

/** What a call to an agent may take. */
export interface AgentLimits {
  readonly deadlineMs?: number
  readonly mostBytes?: number
  readonly signal?: AbortSignal | undefined
}

/** What goes to a row; texts of a query as they are on the wire. */
export interface AgentInput<R extends Route> {
  readonly params?: RouteInput<R>['params']
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** The agent of one sandbox. Whatever it answers is bounded, and of the form that the row says. */
export interface Agent {
  /**
   * Calls a row of the toolbox. Throws what the agent says, as a PlatformError; REQUEST_GATEWAY_TIMEOUT and BAD_GATEWAY
   * for an agent that says nothing, or nothing that the row allows.
   */
  call<R extends Route>(row: R, input?: AgentInput<R>, most?: AgentLimits): Promise<RouteOutput<R>>
  /** The same for a row that answers bytes; of more than `mostBytes` the beginning. */
  bytes<R extends Route>(row: R, input?: AgentInput<R>, most?: AgentLimits): Promise<Buffer>
  /** The same as they come; more than `mostBytes` are a failure. */
  download<R extends Route>(row: R, input: AgentInput<R>, most: AgentLimits): AsyncGenerator<Buffer, void>
  /** What a command of a session writes, from a byte of it on, until it ends. */
  follow(log: FollowedLog, signal: AbortSignal): AsyncGenerator<Buffer, void>
}

/** The agent of a started sandbox. */
export function agentOf(engine: Pick<Engine, 'dial'>, sandboxId: string): Agent {
  const dial: DialAgent = () => engine.dial(sandboxId, { kind: 'agent' })

  async function ask(row: Route, input: AgentInput<Route>, most: AgentLimits, isCut: boolean): Promise<RawAnswer> {
    const { deadlineMs, mostBytes } = { ...usual, ...most }
    const path = pathOf(row, input)
    const body = input.body === undefined ? {} : { body: input.body }
    const { method } = row
    const answer = await exchange(dial, { method, path, ...body, deadlineMs, mostBytes, isCut, signal: most.signal })
    if (answer.status < 200 || answer.status > 299) throw failureOf(answer)
    return answer
  }

  return {
    async call(row, input = {}, most = {}) {
      const { body } = await ask(row, input as AgentInput<Route>, most, false)
      return checked(row, body) as RouteOutput<typeof row>
    },
    async bytes(row, input = {}, most = {}) {
      return (await ask(row, input as AgentInput<Route>, most, true)).body
    },
    download(row, input, most) {
      const { deadlineMs, mostBytes } = { ...usual, ...most }
      const path = pathOf(row, input as AgentInput<Route>)
      return download(dial, { method: row.method, path, deadlineMs, mostBytes, signal: most.signal }, failureOf)
    },
    follow: (log, signal) => followLog(dial, log, signal),
  }
}

/** Path of a row with its parameters and query. */
function pathOf(row: Route, { params = {}, query = {} }: AgentInput<Route>): string {
  const path = row.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent((params as Readonly<Record<string, string>>)[name] ?? ''),
  )
  const search = new URLSearchParams(query).toString()
  return search === '' ? path : `${path}?${search}`
}

function checked(row: Route, body: Buffer): unknown {
  if (row.response === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch (cause) {
    throw new PlatformError('BAD_GATEWAY', `The agent of the sandbox answered ${row.path} with what is no JSON`, {
      cause,
    })
  }
  const parsed = row.response.safeParse(value)
  if (parsed.success) return parsed.data
  throw new PlatformError('BAD_GATEWAY', `The agent of the sandbox answered ${row.path} in a form of its own`)
}

/** A failure in the agent's words, as far as they are of the form that is known; its code only when it is one of ours. */
function failureOf({ status, body }: RawAnswer): PlatformError {
  let told: unknown
  try {
    told = JSON.parse(body.toString('utf8'))
  } catch {
    told = null
  }
  const { code, message } = (typeof told === 'object' && told !== null ? told : {}) as Record<string, unknown>
  const isKnown = typeof code === 'string' && Object.hasOwn(errorTable, code)
  const text = typeof message === 'string' ? message.slice(0, messageLength) : `The agent answered ${status}`
  return new PlatformError(isKnown ? (code as ErrorCode) : 'BAD_GATEWAY', text)
}
