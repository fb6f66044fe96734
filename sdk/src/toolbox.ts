import {
  type AnswerOf,
  type CallArguments,
  type CallInput,
  type Client,
  clientHeaders,
  runOperation,
} from './client.ts'
import type { CallOptions } from './deadline.ts'
import { DaytonaError } from './errors.ts'
import { type ToolboxOperations, toolboxOperations } from './operations/all.ts'
import { openSocket, type Socket, type SocketOptions, type WebSocketClass } from './socket.ts'
import { wireVersion } from './version.ts'

/** Calls of one sandbox, typed by their rows. */
export interface Toolbox {
  readonly client: Client
  /** id of the sandbox */
  readonly id: string
  /** base of its calls, without a slash at the end; changes when the platform says so */
  readonly url: string
  /**
   * One call of the sandbox.
   *
   * @throws DaytonaError by the source, code and status of the answer
   */
  call<Name extends keyof ToolboxOperations>(
    name: Name,
    ...args: CallArguments<ToolboxOperations[Name]>
  ): Promise<AnswerOf<ToolboxOperations[Name]>>
  /** Opens a WebSocket of the sandbox; the path begins with a slash and may have a query. */
  connect(path: string, options: ConnectOptions): Promise<Socket>
}

/** How a WebSocket of a sandbox is opened. */
export type ConnectOptions = Pick<SocketOptions, 'onMessage' | 'signal'> & { readonly protocols?: readonly string[] }

/** What a toolbox needs to know of its sandbox, asked at each call. */
export interface ToolboxPlace {
  readonly id: string
  readonly toolboxProxyUrl: string
}

/** longest wait for the reason of a refusal, ms */
const whyMs = 5000

/** The toolbox of a sandbox (toolbox.md 0.1). */
export function createToolbox(client: Client, place: ToolboxPlace, WebSocket?: WebSocketClass): Toolbox {
  return {
    client,
    get id() {
      return place.id
    },
    get url() {
      return `${place.toolboxProxyUrl.replace(/\/+$/, '')}/${place.id}`
    },
    async call(name, ...args) {
      const [input, options] = args as unknown as [CallInput?, CallOptions?]
      return (await runOperation(client, this.url, toolboxOperations[name], input, options)) as never
    },
    async connect(path, { protocols = [], ...options }) {
      const token = async (): Promise<string> =>
        (await client.call('getPortPreviewUrl', { params: { sandboxIdOrName: place.id, port: 1 } })).token
      // The version decides in which form the agent answers; browsers have no header for it.
      const offered = [`X-Daytona-SDK-Version~${wireVersion}`, ...protocols]
      const { signal } = options
      try {
        const headers = clientHeaders(client.settings)
        return await openSocket(`${this.url}${path}`, { ...options, protocols: offered, headers, token }, WebSocket)
      } catch (error) {
        signal?.throwIfAborted()
        throw (await whyRefused(this, signal)) ?? error
      }
    },
  }
}

/** A WebSocket cannot tell why it was refused; a plain call to the same sandbox can, where it is the sandbox. */
async function whyRefused(toolbox: Toolbox, signal: AbortSignal | undefined): Promise<DaytonaError | undefined> {
  try {
    await toolbox.call('getVersion', {}, { signal, timeoutMs: whyMs })
  } catch (error) {
    if (error instanceof DaytonaError && error.statusCode !== undefined) return error
  }
  return undefined
}
