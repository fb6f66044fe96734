import { DaytonaConnectionError, DaytonaError, DaytonaTimeoutError } from '../errors.ts'
import type { PtySession } from '../operations/terminals.ts'
import { createSettling } from '../settle.ts'
import type { Socket } from '../socket.ts'
import type { Toolbox } from '../toolbox.ts'

/** How a terminal ended. */
export interface PtyResult {
  readonly exitCode?: number
  /** why, where the exit code is not 0 */
  readonly error?: string
}

/** Longest wait for the platform's word that it is connected, ms. */
const connectTimeoutMs = 10_000
const exitControl = 'X-Daytona-Pty-Exit-Control'

/** A terminal that this program looks at and types into (toolbox.md 1.6). */
export class PtyHandle implements AsyncDisposable {
  readonly sessionId: string
  readonly #toolbox: Toolbox
  readonly #connected = createSettling<void>()
  readonly #ended = createSettling<PtyResult>()
  #socket: Socket | null = null
  #result: PtyResult | null = null
  #isOpen = false

  private constructor(sessionId: string, toolbox: Toolbox) {
    this.sessionId = sessionId
    this.#toolbox = toolbox
  }

  /**
   * Connects to a terminal.
   *
   * @param onData bytes that it prints, in their order
   * @throws DaytonaConnectionError when there is no such terminal
   */
  static async connect(
    sessionId: string,
    toolbox: Toolbox,
    onData: (data: Uint8Array) => void | Promise<void>,
    options: { readonly replay?: boolean; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<PtyHandle> {
    const handle = new PtyHandle(sessionId, toolbox)
    await handle.#open(onData, options)
    return handle
  }

  /** Exit code, once it has ended. */
  get exitCode(): number | undefined {
    return this.#result?.exitCode
  }

  /** Why it ended, where the exit code is not 0. */
  get error(): string | undefined {
    return this.#result?.error
  }

  /** True until one side ends the connection. */
  isConnected(): boolean {
    return this.#isOpen
  }

  /** Settles when the platform has said that it is connected. */
  waitForConnection(): Promise<void> {
    return this.#connected.promise
  }

  /** Types into it. */
  async sendInput(data: string | Uint8Array): Promise<void> {
    if (!this.#isOpen || this.#socket === null) throw new DaytonaError(`Terminal ${this.sessionId} is not connected`)
    // The platform takes 64 KiB in one message.
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
    for (let at = 0; at < bytes.length; at += 32_768) this.#socket.send(bytes.slice(at, at + 32_768))
  }

  /** Changes its size, in characters. */
  resize(cols: number, rows: number): Promise<PtySession> {
    return this.#toolbox.call('resizePtySession', { params: { sessionId: this.sessionId }, body: { cols, rows } })
  }

  /** Ends the connection; the terminal goes on. */
  async disconnect(): Promise<void> {
    this.#socket?.close()
    await this.#socket?.ended
  }

  /** Settles when the terminal has ended, or the connection: then there is no exit code. */
  wait(): Promise<PtyResult> {
    return this.#ended.promise
  }

  /** Ends the terminal and all it started. */
  async kill(): Promise<void> {
    await this.#toolbox.call('deletePtySession', { params: { sessionId: this.sessionId } })
  }

  /** Ends the connection, so that `await using` does; the terminal goes on. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect()
  }

  async #open(
    onData: (data: Uint8Array) => void | Promise<void>,
    { replay, signal }: { readonly replay?: boolean; readonly signal?: AbortSignal | undefined },
  ): Promise<void> {
    let order = Promise.resolve()
    const query = replay === true ? '?replay=true' : ''
    this.#socket = await this.#toolbox.connect(`/process/pty/${encodeURIComponent(this.sessionId)}/connect${query}`, {
      protocols: [exitControl],
      signal,
      onMessage: (data) => {
        const bytes = typeof data === 'string' ? this.#control(data) : data
        // One piece after the other, also where the caller takes its time.
        if (bytes !== null) order = order.then(() => onData(bytes)).catch((error) => this.#ended.reject(error))
      },
    })
    this.#isOpen = true
    this.#socket.ended.then(
      ({ code, reason }) => {
        this.#isOpen = false
        this.#connected.reject(new DaytonaConnectionError(`Terminal ${this.sessionId} closed with ${code} ${reason}`))
        this.#result ??= resultOf(reason)
        const result = this.#result
        order.then(() => this.#ended.resolve(result)).catch(() => {})
      },
      () => {},
    )
    const timer = setTimeout(
      () => this.#connected.reject(new DaytonaTimeoutError(`Terminal ${this.sessionId} did not answer`)),
      connectTimeoutMs,
    )
    try {
      await this.#connected.promise
    } catch (error) {
      this.#socket.close()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /** A message that the platform says; any other text is output. */
  #control(text: string): Uint8Array | null {
    const message = parseObject(text)
    if (message?.type !== 'control') return new TextEncoder().encode(text)
    if (message.status === 'connected') this.#connected.resolve()
    if (message.status === 'error')
      this.#connected.reject(new DaytonaConnectionError(String(message.error ?? 'The terminal could not be opened')))
    if (message.status === 'exited') {
      this.#result = resultOf(text)
      this.#connected.resolve()
    }
    return null
  }
}

function resultOf(text: string): PtyResult {
  const { exitCode, exitReason, error } = parseObject(text) ?? {}
  const why = exitReason ?? error
  return {
    ...(typeof exitCode === 'number' ? { exitCode } : {}),
    ...(typeof why === 'string' && why !== '' ? { error: why } : {}),
  }
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : null
  } catch {
    // What is no JSON was printed by the program in the terminal.
    return null
  }
}
