import { answerError } from './answer-error.ts'
import { errorAnswerBytes, readAnswer, readStart, usualAnswerBytes } from './answer-text.ts'
import { type CallOptions, startDeadline } from './deadline.ts'
import { DaytonaError } from './errors.ts'
import { type ApiOperations, apiOperations } from './operations/all.ts'
import { createRequestBody } from './request-body.ts'
import { type Attempt, failure, waitToRetry } from './retry.ts'
import { isBrowser, patientFetchOptions } from './runtime.ts'
import { version, wireVersion } from './version.ts'

/** Where a client calls, and as whom. */
export interface ClientSettings {
  /** with `/api` at its end */
  readonly apiUrl: string
  /** API key, or token of a signed-in user */
  readonly credentials: string
  /** organization of the calls, for tokens of users */
  readonly organizationId?: string | undefined
  /** ms; 0 is no deadline */
  readonly requestTimeoutMs: number
  /** longest answer that is held in memory, bytes; default 256 MiB */
  readonly maxAnswerBytes?: number | undefined
  /** instead of the global one */
  readonly fetch?: typeof fetch | undefined
}

/** One request. */
export interface Plan extends CallOptions {
  readonly method: string
  readonly url: string
  readonly query?: Query | undefined
  /** sent as JSON */
  readonly json?: unknown
  /** sent as it is; a `Blob`, such as a file that was chosen in a browser, is read as it is sent */
  readonly body?: Uint8Array | Blob | FormData | ReadableStream<Uint8Array> | undefined
  readonly headers?: Readonly<Record<string, string>>
}

type QueryValue = string | number | boolean | null | undefined
export type Query = Readonly<Record<string, QueryValue | readonly QueryValue[]>>

/** What an operation takes: parts of the path, query and body. */
export type InputOf<Operation> = Omit<Operation, 'answer'>

/** What it answers. */
export type AnswerOf<Operation> = Operation extends { answer: infer Answer } ? Answer : never

/** Arguments of a call; the input can be left out where nothing is needed. */
export type CallArguments<Operation> =
  Record<string, never> extends InputOf<Operation>
    ? [input?: InputOf<Operation>, options?: CallOptions]
    : [input: InputOf<Operation>, options?: CallOptions]

/** Calls of the API, typed by its rows, and plain requests with its credentials. */
export interface Client {
  readonly settings: ClientSettings
  /**
   * One call of the API.
   *
   * @throws DaytonaError by the status and code of the answer; DaytonaConnectionError without one
   */
  call<Name extends keyof ApiOperations>(
    name: Name,
    ...args: CallArguments<ApiOperations[Name]>
  ): Promise<AnswerOf<ApiOperations[Name]>>
  /** One request whose answer is read to its end: parsed JSON, or undefined where there is none. */
  json(plan: Plan): Promise<unknown>
  /** One request whose body the caller reads; the deadline ends with the head of the answer. */
  request(plan: Plan): Promise<Response>
}

/** Headers of every request. The version decides in which form agents answer. */
export function clientHeaders({ credentials, organizationId }: ClientSettings): Record<string, string> {
  return {
    Authorization: `Bearer ${credentials}`,
    'X-Daytona-Source': 'sdk-typescript',
    'X-Daytona-SDK-Version': wireVersion,
    ...(organizationId === undefined ? {} : { 'X-Daytona-Organization-ID': organizationId }),
  }
}

/** Makes a client; no request is sent yet. */
export function createClient(settings: ClientSettings): Client {
  let patience: Promise<Record<string, unknown>> | undefined

  async function send(plan: Plan, signal: AbortSignal): Promise<Response> {
    if (!(plan.body instanceof ReadableStream)) return await sendTo(plan, signal)
    const { stream, abandon } = createRequestBody(plan.body as ReadableStream<Uint8Array>)
    try {
      return await sendTo({ ...plan, body: stream }, signal)
    } catch (error) {
      abandon(error)
      throw error
    }
  }

  async function sendTo(plan: Plan, signal: AbortSignal): Promise<Response> {
    patience ??= settings.fetch === undefined ? patientFetchOptions() : Promise.resolve({})
    const { body, ...head } = fetchOptions(plan, settings)
    const url = `${plan.url}${queryText(plan.query)}`
    const patient = await patience
    for (let attempt = 1; ; attempt += 1) {
      const tried: Attempt = { attempt, method: plan.method, isReplayable: !(body instanceof ReadableStream) }
      let response: Response
      try {
        response = await (settings.fetch ?? fetch)(url, {
          ...head,
          ...patient,
          signal,
          ...(body === null ? {} : { body }),
        })
      } catch (error) {
        signal.throwIfAborted()
        await waitToRetry(tried, { error }, signal)
        continue
      }
      refuseRedirect(response)
      if (response.status < 400) return response
      const { text } = await readStart(response, errorAnswerBytes)
      const error = answerError(response.status, response.headers, text)
      await waitToRetry(tried, { error, response }, signal)
    }
  }

  async function within<T>(plan: Plan, use: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { timeoutMs = settings.requestTimeoutMs } = plan
    const deadline = startDeadline({ signal: plan.signal, timeoutMs }, `${plan.method} ${new URL(plan.url).pathname}`)
    try {
      return await use(deadline.signal)
    } catch (error) {
      deadline.signal.throwIfAborted()
      throw failure(error)
    } finally {
      deadline.end()
    }
  }

  const client: Client = {
    settings,
    async call(name, ...args) {
      const [input, options] = args as unknown as [CallInput?, CallOptions?]
      return (await runOperation(client, settings.apiUrl, apiOperations[name], input, options)) as never
    },
    json: (plan) =>
      within(plan, async (signal) => {
        const text = await readAnswer(await send(plan, signal), settings.maxAnswerBytes ?? usualAnswerBytes)
        return text === '' ? undefined : parseJson(text)
      }),
    async request(plan) {
      // The deadline ends with the head, the caller's own signal goes on to bound the body.
      const { signal } = plan
      const ending = new AbortController()
      const follow = (): void => ending.abort(signal?.reason)
      signal?.addEventListener('abort', follow, { once: true })
      return await within(plan, async (head) => {
        const end = (): void => ending.abort(head.reason)
        if (head.aborted) end()
        head.addEventListener('abort', end, { once: true })
        try {
          return await send(plan, ending.signal)
        } finally {
          head.removeEventListener('abort', end)
        }
      })
    },
  }
  return client
}

/** What an operation is given, of any. */
export interface CallInput {
  readonly params?: Readonly<Record<string, string | number | boolean>>
  readonly query?: Query
  readonly body?: unknown
}

/** Runs `METHOD /path/{with}/{names}` below a base URL; with ` bytes` at its end it answers a stream. */
export async function runOperation(
  client: Client,
  base: string,
  operation: string,
  input: CallInput = {},
  options: CallOptions = {},
): Promise<unknown> {
  const [method = '', template = '', kind] = operation.split(' ')
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(input.params?.[name])))
  const plan = { method, url: `${base}${path}`, query: input.query, json: input.body, ...options }
  if (kind === 'bytes') return (await client.request(plan)).body ?? new Response('').body
  return await client.json(plan)
}

function fetchOptions(plan: Plan, settings: ClientSettings) {
  const isJson = plan.json !== undefined
  // The types of browsers take no bytes that threads share; nor do they.
  const given = (plan.body ?? null) as
    | Exclude<typeof plan.body, Uint8Array | undefined>
    | Uint8Array<ArrayBuffer>
    | null
  const body = isJson ? JSON.stringify(plan.json) : given
  const headers: Record<string, string> = {
    ...clientHeaders(settings),
    ...(isBrowser() ? {} : { 'User-Agent': `sandyard-sdk/${version}` }),
    ...(isJson ? { 'Content-Type': 'application/json' } : {}),
    ...plan.headers,
  }
  // A body that is a stream is sent while the answer is not there yet; the standard wants that said.
  return {
    method: plan.method,
    headers,
    body,
    redirect: 'manual' as const,
    ...(body instanceof ReadableStream ? { duplex: 'half' as const } : {}),
  }
}

/**
 * No call of ours is answered by a redirect. A sandbox whose agent has been replaced could send the credentials, and the
 * call, to another place, such as one that only this machine reaches.
 */
function refuseRedirect({ status, type, headers, body }: Response): void {
  // pages are not told where to
  if (type !== 'opaqueredirect' && (status < 300 || status === 304 || status >= 400)) return
  void body?.cancel().catch(() => {})
  const place = headers.get('Location')
  throw new DaytonaError(`The answer leads to ${place ?? 'another place'}, which is not followed`)
}

/** `?a=1&b=2&b=3`, or nothing; values that are not there are left out, arrays are repeated. */
export function queryText(query: Query = {}): string {
  const text = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) text.append(name, String(one))
    }
  }
  return text.size === 0 ? '' : `?${text}`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Some answers are plain text, such as a signing key.
    return text
  }
}
