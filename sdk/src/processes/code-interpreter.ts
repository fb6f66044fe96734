import { DaytonaConnectionError, DaytonaInvalidArgumentError, DaytonaTimeoutError } from '../errors.ts'
import type { InterpreterContext } from '../operations/interpreter.ts'
import type { Toolbox } from '../toolbox.ts'

export interface OutputMessage {
  readonly output: string
}

/** An exception that the code raised. */
export interface ExecutionError {
  readonly name: string
  readonly value: string
  readonly traceback?: string
}

/** What a run printed, and how it failed if it did. */
export interface ExecutionResult {
  stdout: string
  stderr: string
  error?: ExecutionError
}

/** How code is run. */
export interface RunCodeOptions {
  /** default: the one that all runs without a context share */
  readonly context?: InterpreterContext
  readonly envs?: Record<string, string>
  /** s; 0 is no limit; default 600 */
  readonly timeout?: number
  readonly onStdout?: (message: OutputMessage) => unknown
  readonly onStderr?: (message: OutputMessage) => unknown
  readonly onError?: (error: ExecutionError) => unknown
  readonly signal?: AbortSignal
}

/** Close codes of the wire (toolbox.md 1.7). */
const timedOut = 4008
const done = new Set([1000, 1001])

/** Python that keeps its variables between runs. */
export class CodeInterpreter {
  readonly #toolbox: Toolbox

  constructor(toolbox: Toolbox) {
    this.#toolbox = toolbox
  }

  /**
   * Runs Python and answers what it printed; an exception of the code is in `error`.
   *
   * @throws DaytonaTimeoutError when it takes too long
   */
  async runCode(code: string, options: RunCodeOptions = {}): Promise<ExecutionResult> {
    if (code.trim() === '') throw new DaytonaInvalidArgumentError('There is no code to run')
    const result: ExecutionResult = { stdout: '', stderr: '' }
    let isDone = false
    let order: Promise<unknown> = Promise.resolve()
    const tell = (call: () => unknown): void => {
      order = order.then(call)
    }
    const socket = await this.#toolbox.connect('/process/interpreter/execute', {
      signal: options.signal,
      onMessage(data) {
        const message = JSON.parse(typeof data === 'string' ? data : new TextDecoder().decode(data)) as Message
        const { type, text = '', name = '', value = '', traceback = '' } = message
        if (type === 'stdout' || type === 'stderr') {
          result[type] += text
          tell(() => (type === 'stdout' ? options.onStdout : options.onStderr)?.({ output: text }))
        } else if (type === 'error') {
          const error = { name, value, traceback }
          result.error = error
          tell(() => options.onError?.(error))
        } else if (type === 'control' && text === 'completed') {
          isDone = true
          socket.close()
        }
      },
    })
    const { context, envs, timeout } = options
    socket.send(JSON.stringify({ code, contextId: context?.id, envs, timeout }))
    const { code: closed, reason } = await socket.ended
    options.signal?.throwIfAborted()
    await order
    if (isDone || done.has(closed)) return result
    if (closed === timedOut)
      throw new DaytonaTimeoutError(`The code ran longer than ${timeout ?? 600} s and was ended; give a larger timeout`)
    throw new DaytonaConnectionError(`${reason || 'The run was cut off'} (close code ${closed})`)
  }

  /** Makes a context of its own; `cwd` may be relative to the work dir. */
  createContext(cwd?: string): Promise<InterpreterContext> {
    return this.#toolbox.call('createInterpreterContext', { body: { cwd } })
  }

  /** Contexts that were made. */
  async listContexts(): Promise<InterpreterContext[]> {
    return (await this.#toolbox.call('listInterpreterContexts')).contexts
  }

  /** Ends a context. */
  async deleteContext(context: InterpreterContext): Promise<void> {
    await this.#toolbox.call('deleteInterpreterContext', { params: { contextId: context.id } })
  }
}

interface Message {
  readonly type?: string
  readonly text?: string
  readonly name?: string
  readonly value?: string
  readonly traceback?: string
}
