import type { Readable, Writable } from 'node:stream'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { isObject } from '../is-object.ts'
import { MessageReader, toBytes } from './message-reader.ts'

/** The two ends of a conversation with a language server. */
export interface ConnectionOptions {
  /** what it is called in messages */
  readonly name: string
  /** what the server reads */
  readonly input: Writable
  /** what it writes */
  readonly output: Readable
  /** answers a request of the server; undefined for one that is not known */
  answer(method: string, params: unknown): unknown
  onNotification(method: string, params: unknown): void
  /** told once when nothing can be said any more */
  onEnd(): void
}

interface Pending {
  readonly method: string
  resolve(result: unknown): void
  reject(error: Error): void
}

/** Unread bytes before a server counts as one that does not read. */
const unreadBytes = 4 * limits.languageServerFileBytes

const deaf = 'it does not read what it is told'

const methodNotFound = -32601

/** JSON-RPC over standard input and output. After a failure every request rejects with its reason. */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #pending = new Map<number, Pending>()
  readonly #reader = new MessageReader()
  #lastId = 0
  #end: string | null = null
  #onEnd: (() => void)[] = []

  constructor(options: ConnectionOptions) {
    this.#options = options
    options.output.on('data', (bytes: Buffer) => this.#read(bytes))
    options.output.once('error', () => this.end('its output cannot be read'))
    options.input.on('error', () => this.end('it takes no input'))
  }

  /** Why it is over; null while it is not. */
  get ended(): string | null {
    return this.#end
  }

  /**
   * Asks and returns the result.
   * Throws REQUEST_TIMEOUT, BAD_REQUEST when the server answers with an error, TOO_MANY_REQUESTS,
   * LSP_SERVER_NOT_INITIALIZED when the server has ended or ends meanwhile.
   * @param signal the caller has gone away: the server is told and the request rejects
   */
  async request(method: string, params: unknown, timeoutMs: number, signal?: AbortSignal): Promise<unknown> {
    if (this.#pending.size >= limits.languageServerRequests) {
      throw new PlatformError(
        'TOO_MANY_REQUESTS',
        `${this.#options.name} works on ${limits.languageServerRequests} requests already`,
      )
    }
    const id = ++this.#lastId
    let cancel = (_: string): void => {}
    const onAbort = (): void => cancel('the caller went away')
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise<unknown>((resolve, reject) => {
        this.#send({ jsonrpc: '2.0', id, method, params })
        this.#pending.set(id, { method, resolve, reject })
        cancel = (why) => {
          reject(new PlatformError('REQUEST_TIMEOUT', `${this.#options.name} was asked for ${method}: ${why}`))
          if (this.#end === null) this.notify('$/cancelRequest', { id })
        }
        timer = setTimeout(() => cancel(`no answer within ${timeoutMs} ms`), timeoutMs)
        if (signal?.aborted === true) onAbort()
        else signal?.addEventListener('abort', onAbort)
      })
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      this.#pending.delete(id)
    }
  }

  /** Tells something. Throws LSP_SERVER_NOT_INITIALIZED when the server has ended. */
  notify(method: string, params: unknown): void {
    this.#send({ jsonrpc: '2.0', method, params })
  }

  /** Returns when the server has read most of what it was told, or has ended: a slow one is not to be flooded. */
  async drained(): Promise<void> {
    const { input } = this.#options
    if (this.#end !== null || !input.writableNeedDrain) return
    const timer = setTimeout(() => this.end(deaf), limits.languageServerRequestMs)
    await new Promise<void>((resolve) => {
      input.once('drain', resolve)
      this.#onEnd.push(resolve)
    })
    clearTimeout(timer)
  }

  /** Rejects all requests that wait. */
  rejectAll(reason: string): void {
    for (const { method, reject } of this.#pending.values()) reject(this.#over(reason, method))
    this.#pending.clear()
  }

  /** Ends the conversation: what waits and what comes is rejected with this reason. */
  end(reason: string): void {
    if (this.#end !== null) return
    this.#end = reason
    this.rejectAll(reason)
    for (const tell of this.#onEnd.splice(0)) tell()
    this.#options.onEnd()
  }

  #send(message: object): void {
    if (this.#end !== null) throw this.#over(this.#end)
    const { input } = this.#options
    if (input.writableLength > unreadBytes) {
      this.end(deaf)
      throw this.#over(deaf)
    }
    input.write(toBytes(message))
  }

  #read(bytes: Buffer): void {
    if (this.#end !== null) return
    try {
      for (const message of this.#reader.take(bytes)) this.#receive(message)
    } catch (thrown) {
      this.end(`it wrote what is no message: ${thrown instanceof Error ? thrown.message.slice(0, 200) : thrown}`)
    }
  }

  #receive(message: unknown): void {
    if (!isObject(message)) throw new Error('not an object')
    const { id, method, params } = message
    if (typeof method !== 'string') this.#settle(message)
    else if (typeof id === 'number' || typeof id === 'string') this.#answer(id, method, params)
    else this.#options.onNotification(method, params)
  }

  #settle({ id, result, error }: Readonly<Record<string, unknown>>): void {
    const pending = typeof id === 'number' ? this.#pending.get(id) : undefined
    if (pending === undefined) return // was cancelled
    if (error === undefined || error === null) pending.resolve(result)
    else {
      const text = isObject(error) ? String(error.message).slice(0, 1000) : 'an error'
      pending.reject(
        new PlatformError('BAD_REQUEST', `bad request: ${this.#options.name} answered ${pending.method} with: ${text}`),
      )
    }
  }

  #answer(id: number | string, method: string, params: unknown): void {
    const result = this.#options.answer(method, params)
    if (this.#end !== null) return
    if (result !== undefined) this.#send({ jsonrpc: '2.0', id, result })
    else this.#send({ jsonrpc: '2.0', id, error: { code: methodNotFound, message: `no method ${method}` } })
  }

  #over(reason: string, method?: string): PlatformError {
    const asked = method === undefined ? '' : ` while it was asked for ${method}`
    return new PlatformError(
      'LSP_SERVER_NOT_INITIALIZED',
      `server not initialized: ${this.#options.name} is not there any more${asked}: ${reason}`,
    )
  }
}
