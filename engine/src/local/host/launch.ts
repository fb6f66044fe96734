import { type ChildProcess, type SendHandle, spawn } from 'node:child_process'
import { getCompileCacheDir } from 'node:module'
import type { Server } from 'node:net'
import { extname, join } from 'node:path'
import { platformMark, thisPlatform } from './processes.ts'
import type { RunHereOptions, RunResult } from './run-here.ts'

/** What a run is given. */
export interface LaunchOptions extends Omit<RunHereOptions, 'extraFd'> {
  /** handed over as descriptor 3, listening; it stays open here */
  readonly socket?: Server
}

/** What the launcher is told; with a socket comes its handle. */
export type ToLauncher =
  | ({ readonly kind: 'run'; readonly id: number; readonly program: string; readonly args: readonly string[] } & Pick<
      RunHereOptions,
      'input' | 'timeoutMs' | 'env' | 'outputFile'
    >)
  | { readonly kind: 'kill'; readonly id: number }

/** What it answers to a run. */
export type FromLauncher =
  | { readonly id: number; readonly result: RunResult }
  | { readonly id: number; readonly fault: { readonly message: string; readonly code: string | undefined } }

interface Launcher {
  readonly child: ChildProcess
  readonly waiting: Map<number, { resolve(result: RunResult): void; reject(error: Error): void }>
}

let launcher: Launcher | null = null
let lastId = 0

/**
 * Runs a host program as a child of a small process that does nothing else. A fork copies the tables of the memory of who
 * forks, and nothing else goes on in it meanwhile: 5 to 7 ms for a process of 150 MB, below 1 ms for a small one. Rejects
 * only when it cannot be started, or when the small process ends; the next run starts another.
 */
export function launch(
  { program, args }: { readonly program: string; readonly args: readonly string[] },
  { socket, signal, ...options }: LaunchOptions,
): Promise<RunResult> {
  launcher ??= open()
  const { child, waiting } = launcher
  const id = ++lastId
  const { promise, resolve, reject } = Promise.withResolvers<RunResult>()
  waiting.set(id, { resolve, reject })
  // Only while it has something to do does it keep this process.
  child.channel?.ref()
  const send = (message: ToLauncher, handle?: SendHandle): void => {
    // A send that fails is told by the launcher's end.
    if (child.connected) child.send(message, handle, () => {})
  }
  send({ kind: 'run', id, program, args, ...options }, socket === undefined ? undefined : handleOf(socket))
  const abort = (): void => send({ kind: 'kill', id })
  signal?.addEventListener('abort', abort, { once: true })
  if (signal?.aborted === true) abort()
  return promise.finally(() => {
    signal?.removeEventListener('abort', abort)
    if (waiting.size === 0) child.channel?.unref()
  })
}

/**
 * What a listening socket is below. Node would hand a `Server` over as one that takes connections on the other side too,
 * and has no public way to hand over the bare socket.
 */
function handleOf(socket: Server): SendHandle {
  const { _handle: handle } = socket as unknown as { _handle: SendHandle | null }
  if (handle === null) throw new Error('The socket does not listen')
  return handle
}

function open(): Launcher {
  const compileCache = getCompileCacheDir()
  const child = spawn(process.execPath, [join(import.meta.dirname, `launcher${extname(import.meta.filename)}`)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      [platformMark]: thisPlatform(),
      NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
      ...(compileCache === undefined ? {} : { NODE_COMPILE_CACHE: compileCache }),
    },
    cwd: '/',
  })
  const opened: Launcher = { child, waiting: new Map() }
  child.unref()
  child.channel?.unref()
  child.on('message', (message: FromLauncher) => {
    const caller = opened.waiting.get(message.id)
    opened.waiting.delete(message.id)
    if ('result' in message) caller?.resolve(message.result)
    else caller?.reject(Object.assign(new Error(message.fault.message), { code: message.fault.code }))
  })
  const end = (): void => {
    if (launcher === opened) launcher = null
    const fault = new Error('The process that starts host programs has ended')
    for (const { reject } of opened.waiting.values()) reject(fault)
    opened.waiting.clear()
  }
  child.once('error', end)
  child.once('disconnect', end)
  return opened
}
