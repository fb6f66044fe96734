import { followBuildLogs, sandboxBuildLogs } from './build-logs.ts'
import { type Client, createClient } from './client.ts'
import { readEnvironment } from './environment.ts'
import { DaytonaAuthenticationError, DaytonaInvalidArgumentError, DaytonaNotFoundError } from './errors.ts'
import { Events, type EventsOptions } from './events/events.ts'
import { FlatCalls } from './flat/calls.ts'
import { prepareBuild } from './images/upload-context.ts'
import type { SandboxOperations } from './operations/sandboxes.ts'
import { type CreateSandboxParams, wireParameters } from './parameters.ts'
import { Sandbox } from './sandbox.ts'
import type { SandboxState } from './sandbox-data.ts'
import { SecretService } from './secret.ts'
import { SnapshotService } from './snapshot.ts'
import { findWebSocket, type WebSocketClass } from './socket.ts'
import { VolumeService } from './volume.ts'
import { checkTimeout } from './waiting.ts'
import { WarmPoolService } from './warm-pool.ts'

/** Settings of a client. What is not given is read from the environment. */
export interface DaytonaConfig {
  apiKey?: string | undefined
  /** token of a signed-in user; goes with `organizationId` */
  jwtToken?: string | undefined
  organizationId?: string | undefined
  /** with `/api` at its end; default: a platform on this machine */
  apiUrl?: string | undefined
  /** the same, under its old name */
  serverUrl?: string | undefined
  /** region of new sandboxes */
  target?: string | undefined
  /** ms that a call may take, 0 for ever; default a day */
  requestTimeoutMs?: number | undefined
  /** longest answer of a call that is held in memory, bytes; default 256 MiB. Files that are downloaded do not count */
  maxAnswerBytes?: number | undefined
  /** instead of the global one */
  fetch?: typeof fetch | undefined
  /** class of WebSockets where there is no global one, such as that of the package ws in Node 20 */
  WebSocket?: WebSocketClass | undefined
}

/** Which sandboxes to list. Several values of one field: any of them. */
export interface ListSandboxesQuery {
  /** how many to ask for at once; all pages are read */
  limit?: number
  sort?: 'name' | 'cpu' | 'memoryGib' | 'diskGib' | 'lastActivityAt' | 'createdAt'
  order?: 'asc' | 'desc'
  /** beginning of it, in any case; so is `name` */
  id?: string
  name?: string
  /** a sandbox must carry all of them */
  labels?: Record<string, string>
  states?: SandboxState[]
  snapshots?: string[]
  /** regions */
  targets?: string[]
  minCpu?: number
  maxCpu?: number
  minMemoryGib?: number
  maxMemoryGib?: number
  minDiskGib?: number
  maxDiskGib?: number
  isPublic?: boolean
  isRecoverable?: boolean
  createdAtAfter?: Date
  createdAtBefore?: Date
  lastActivityAfter?: Date
  lastActivityBefore?: Date
  autoDestroyAtAfter?: Date
  autoDestroyAtBefore?: Date
}

/** How a sandbox is made. */
export interface CreateOptions {
  /** s, 0 is no deadline; default 60 */
  timeout?: number | undefined
  onSnapshotCreateLogs?: ((chunk: string) => void) | undefined
  /** told each time that the state was asked for */
  onState?: ((sandbox: Sandbox) => void) | undefined
  /** default true */
  wait?: boolean | undefined
}

const defaultApiUrl = 'http://localhost:3000/api'
const dayMs = 86_400_000
/** s that the making of a sandbox may take, unless the caller says otherwise */
const createTimeout = 60

/** The platform. Nothing is sent before the first call. */
export class Daytona extends FlatCalls implements AsyncDisposable {
  readonly snapshot: SnapshotService
  readonly volume: VolumeService
  readonly secret: SecretService
  readonly warmPool: WarmPoolService
  /** plain calls of the API, by their operation id */
  readonly client: Client
  readonly #target: string | undefined
  readonly #WebSocket: WebSocketClass | undefined
  readonly #events = new Set<Events>()

  /** @throws DaytonaAuthenticationError without credentials */
  constructor(config: DaytonaConfig = {}) {
    super((id) => this.get(id))
    const found = readEnvironment()
    const { apiKey = config.jwtToken === undefined ? found.apiKey : undefined } = config
    const { jwtToken = apiKey === undefined ? found.jwtToken : undefined } = config
    const credentials = apiKey ?? jwtToken
    if (credentials === undefined)
      throw new DaytonaAuthenticationError('There is no API key: give `apiKey`, or set DAYTONA_API_KEY')
    const organizationId = config.organizationId ?? found.organizationId
    if (apiKey === undefined && organizationId === undefined)
      throw new DaytonaAuthenticationError('A token of a user needs an `organizationId` beside it')
    this.client = createClient({
      apiUrl: readUrl(config.apiUrl ?? config.serverUrl ?? found.apiUrl ?? defaultApiUrl),
      credentials,
      organizationId: apiKey === undefined ? organizationId : undefined,
      requestTimeoutMs: config.requestTimeoutMs ?? dayMs,
      maxAnswerBytes: config.maxAnswerBytes,
      fetch: config.fetch,
    })
    this.#target = config.target ?? found.target
    this.#WebSocket = config.WebSocket
    this.snapshot = new SnapshotService(this.client, this.#target)
    this.volume = new VolumeService(this.client)
    this.secret = new SecretService(this.client)
    this.warmPool = new WarmPoolService(this.client)
  }

  /**
   * Makes a sandbox and waits until it is started.
   *
   * @param options `timeout` in s, 0 is no deadline; a number is the same. `onSnapshotCreateLogs` is told the log of a
   * build, `onState` each state that it is seen in. With `wait: false` it is answered as soon as it is there
   * @throws DaytonaError with the reason when it does not start; it stays then, as the error says
   */
  async create(params: CreateSandboxParams = {}, options: CreateOptions | number = {}): Promise<Sandbox> {
    const asked: CreateOptions = typeof options === 'number' ? { timeout: options } : options
    const { timeout = createTimeout, onSnapshotCreateLogs: onLogs, onState, wait = true } = asked
    checkTimeout(timeout)
    const endMs = Date.now() + timeout * 1000
    const body = wireParameters(params, this.#target)
    const build = params.image === undefined ? {} : { buildInfo: await prepareBuild(this.client, params.image) }
    const timeoutMs = timeout === 0 ? 0 : timeout * 1000
    const data = await this.client.call('createSandbox', { body: { ...body, ...build } }, { timeoutMs })
    const sandbox = new Sandbox(data, this.client, this.#WebSocket)
    onState?.(sandbox)
    if (!wait) return sandbox
    const ending = new AbortController()
    const logs =
      onLogs === undefined || sandbox.state === 'started'
        ? Promise.resolve()
        : followBuildLogs(() => sandboxBuildLogs(this.client, sandbox.id, ending.signal), onLogs, ending.signal)
    // How the sandbox went is told first.
    logs.catch(() => {})
    try {
      await sandbox.waitUntilStarted(timeout === 0 ? 0 : Math.max((endMs - Date.now()) / 1000, 0.1), onState)
      await logs
    } finally {
      ending.abort()
    }
    return sandbox
  }

  /** One sandbox by its id or name. @throws DaytonaNotFoundError */
  async get(sandboxIdOrName: string): Promise<Sandbox> {
    if (!sandboxIdOrName) throw new DaytonaInvalidArgumentError('A sandbox is found by its id or name, which is empty')
    const params = { sandboxIdOrName }
    return new Sandbox(await this.client.call('getSandbox', { params }), this.client, this.#WebSocket)
  }

  /** The sandbox of an id or name, or the first one with all of some labels. @throws DaytonaNotFoundError */
  async findOne(filter: { idOrName?: string; labels?: Record<string, string> }): Promise<Sandbox> {
    if (filter.idOrName !== undefined) return await this.get(filter.idOrName)
    for await (const sandbox of this.list({ labels: filter.labels ?? {}, limit: 1 })) return sandbox
    throw new DaytonaNotFoundError(`There is no sandbox with the labels ${JSON.stringify(filter.labels)}`, 404)
  }

  /** Sandboxes, asked for page after page as they are read. */
  async *list(query: ListSandboxesQuery = {}): AsyncGenerator<Sandbox, void> {
    const wire = wireQuery(query)
    let cursor: string | null = null
    do {
      const page: SandboxOperations['listSandboxes']['answer'] = await this.client.call('listSandboxes', {
        query: { ...wire, cursor: cursor ?? undefined },
      })
      for (const item of page.items) yield new Sandbox(item, this.client, this.#WebSocket)
      cursor = page.nextCursor
    } while (cursor !== null)
  }

  /** Starts a sandbox. @param timeout s, 0 is no deadline; so it is below */
  async start(sandbox: Sandbox, timeout?: number): Promise<void> {
    await sandbox.start(timeout)
  }

  async stop(sandbox: Sandbox, timeout?: number): Promise<void> {
    await sandbox.stop(timeout)
  }

  async delete(sandbox: Sandbox, timeout?: number, wait?: boolean): Promise<void> {
    await sandbox.delete(timeout, wait)
  }

  fork(sandbox: Sandbox, params?: { name?: string }, timeout?: number): Promise<Sandbox> {
    return sandbox.fork(params, timeout)
  }

  /** The same as `create`. */
  createSandbox(params?: CreateSandboxParams, options?: { timeout?: number }): Promise<Sandbox> {
    return this.create(params, options)
  }

  /** The same as `get`. */
  getSandbox(sandboxIdOrName: string): Promise<Sandbox> {
    return this.get(sandboxIdOrName)
  }

  /** All sandboxes at once; where there may be many, `list` is better. */
  async listSandboxes(query?: ListSandboxesQuery): Promise<Sandbox[]> {
    const found: Sandbox[] = []
    for await (const sandbox of this.list(query)) found.push(sandbox)
    return found
  }

  /**
   * Listens to what happens to sandboxes, snapshots and volumes of the organization. The connection is opened at once, comes
   * back by itself, and keeps a program running until it is closed.
   *
   * @throws DaytonaError in a runtime without WebSockets
   */
  events(options: EventsOptions = {}): Events {
    const { apiUrl, credentials, organizationId } = this.client.settings
    findWebSocket(this.#WebSocket)
    const events = new Events({ apiUrl, token: credentials, organizationId, WebSocket: this.#WebSocket }, options)
    this.#events.add(events)
    const stop = events.onStatus(() => {
      if (events.status() !== 'closed') return
      stop()
      this.#events.delete(events)
    })
    return events
  }

  /** Closes the events that are listened to, so that `await using` does; there is nothing else to let go of. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#events].map((events) => events.close()))
  }
}

function wireQuery(query: ListSandboxesQuery) {
  const { labels, targets, minMemoryGib, maxMemoryGib, minDiskGib, maxDiskGib, ...rest } = query
  const { lastActivityAfter, lastActivityBefore, createdAtAfter, createdAtBefore, ...plain } = rest
  const { autoDestroyAtAfter, autoDestroyAtBefore, ...others } = plain
  return {
    ...others,
    regionIds: targets,
    labels: labels === undefined || Object.keys(labels).length === 0 ? undefined : JSON.stringify(labels),
    minMemoryGiB: minMemoryGib,
    maxMemoryGiB: maxMemoryGib,
    minDiskGiB: minDiskGib,
    maxDiskGiB: maxDiskGib,
    createdAtAfter: createdAtAfter?.toISOString(),
    createdAtBefore: createdAtBefore?.toISOString(),
    lastEventAfter: lastActivityAfter?.toISOString(),
    lastEventBefore: lastActivityBefore?.toISOString(),
    autoDestroyAtAfter: autoDestroyAtAfter?.toISOString(),
    autoDestroyAtBefore: autoDestroyAtBefore?.toISOString(),
  }
}

function readUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:/.test(text))
    throw new DaytonaInvalidArgumentError(`apiUrl must be a URL of http or https, not ${JSON.stringify(text)}`)
  return text.replace(/\/+$/, '')
}
