import { basename } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { quotePath } from '../files/path.ts'
import { isObject } from '../is-object.ts'
import { StartError, type Started, startProcess } from '../processes/start.ts'
import { killTree } from '../processes/tree.ts'
import { Connection } from './connection.ts'
import { toUri } from './file-uri.ts'
import type { ServerKind } from './kinds.ts'
import type { FileChange } from './project-files.ts'

/** What a server is started for. */
export interface ServerOptions {
  readonly kind: ServerKind
  /** absolute folder */
  readonly project: string
  /** environment of commands in the sandbox */
  readonly environment: Readonly<Record<string, string>>
  /** what must be done before the server looks at the project */
  readonly prepare: () => Promise<unknown>
  /** ends a start that is under way */
  readonly signal: AbortSignal
}

/** How long its list of the project's files is waited for: the first one, and another after files came or went, ms. */
const firstIndexMs = 10_000
const nextIndexMs = 2000
/** How long a server may take to answer that it ends, ms. */
const shutdownMs = 1000
/** Last words of a server that are told when it does not start, characters. */
const lastWords = 500

/** A running language server of ours. */
export class LanguageServer {
  readonly connection: Connection
  /** told when the server has ended, for whatever reason */
  readonly ended: Promise<void>
  readonly #started: Started
  readonly #kind: ServerKind
  #isIndexed: boolean
  #indexMs = firstIndexMs
  #onIndexed: (() => void)[] = []
  #complaint = ''

  private constructor(started: Started, { kind, project }: ServerOptions) {
    this.#started = started
    this.#kind = kind
    this.#isIndexed = kind.indexed === null
    const { stdin, stdout, stderr } = started.child
    if (stdin === null || stdout === null || stderr === null) throw new Error('a server without pipes')
    stderr.on('data', (bytes: Buffer) => {
      this.#complaint = (this.#complaint + bytes.toString('latin1')).slice(-lastWords)
    })
    stderr.on('error', () => {}) // its exit tells
    let onEnd = (): void => {}
    this.ended = new Promise((resolve) => {
      onEnd = resolve
    })
    this.connection = new Connection({
      name: `The ${kind.name} language server of ${quotePath(project)}`,
      input: stdin,
      output: stdout,
      answer: (method, params) => answer(method, params, kind, project),
      onNotification: (method, params) => this.#hear(method, params),
      onEnd: () => {
        this.#setIndexed()
        onEnd()
        void killTree(started.tree) // also one that lives but talks nonsense
      },
    })
    void started.exited.then((code) => this.connection.end(`it ended with ${code}`))
  }

  /** Starts a server and returns when it is ready. Throws UNPROCESSABLE_ENTITY, SERVICE_UNAVAILABLE. */
  static async start(options: ServerOptions): Promise<LanguageServer> {
    const { kind, environment, signal } = options
    const [file, ...args] = kind.program
    let started: Started
    try {
      // Not in the project: nothing there is to be found by being in the current folder.
      started = await startProcess({
        file,
        args,
        cwd: '/',
        variables: kind.variables(environment),
        stdio: ['pipe', 'pipe', 'pipe'],
      })
    } catch (thrown) {
      if (thrown instanceof StartError) throw new PlatformError('UNPROCESSABLE_ENTITY', thrown.message)
      throw thrown
    }
    const server = new LanguageServer(started, options)
    const stop = (): void => server.connection.end('it was stopped')
    signal.addEventListener('abort', stop)
    try {
      if (signal.aborted) stop()
      const ready = server.connection.request('initialize', initializeParams(options), limits.languageServerRequestMs)
      await Promise.all([ready, options.prepare()])
      server.connection.notify('initialized', {})
      return server
    } catch (thrown) {
      server.connection.end('it did not start')
      await killTree(started.tree)
      const reason = thrown instanceof Error ? thrown.message : String(thrown)
      const said = server.#complaint === '' ? '' : `; it said: ${server.#complaint.trim()}`
      throw new PlatformError('UNPROCESSABLE_ENTITY', `${reason}${said}`)
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  /** Asks within the time that a request may take. */
  request(method: string, params: unknown, signal: AbortSignal): Promise<unknown> {
    return this.connection.request(method, params, limits.languageServerRequestMs, signal)
  }

  /** When files came or went, the server takes a moment to list them again. */
  expect(changes: readonly FileChange[]): void {
    const { indexed, configuration } = this.#kind
    if (indexed === null || !changes.some(({ path, type }) => type !== 2 || configuration.test(basename(path)))) return
    if (this.#isIndexed) this.#indexMs = nextIndexMs
    this.#isIndexed = false
  }

  /** Returns when the server knows which files the project has, or after some time without a sign of it. */
  async indexed(): Promise<void> {
    if (this.#isIndexed) return
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#onIndexed.push(resolve)
      timer = setTimeout(() => this.#setIndexed(), this.#indexMs) // not waited for once more by the next call
    })
    clearTimeout(timer)
  }

  /** Ends it: asked first, after `graceMs` killed with all it started. Requests that wait are rejected. */
  async stop(graceMs: number): Promise<void> {
    const { connection } = this
    connection.rejectAll('it was stopped')
    if (connection.ended === null) {
      const asked = connection.request('shutdown', undefined, Math.min(graceMs, shutdownMs))
      await asked.then(() => connection.notify('exit', undefined)).catch(() => {}) // then it is killed
      await Promise.race([this.#started.exited, delay(graceMs, undefined, { ref: false })])
    }
    connection.end('it was stopped')
    await killTree(this.#started.tree)
  }

  #hear(method: string, params: unknown): void {
    if (method !== 'window/logMessage' || this.#kind.indexed === null || !isObject(params)) return
    if (typeof params.message === 'string' && this.#kind.indexed.test(params.message)) this.#setIndexed()
  }

  #setIndexed(): void {
    this.#isIndexed = true
    for (const tell of this.#onIndexed.splice(0)) tell()
  }
}

function initializeParams({ kind, project }: ServerOptions): object {
  return {
    // No `processId`: in another pid namespace the number could be of anybody. Ends of pipes tell as well.
    processId: null,
    clientInfo: { name: 'sandyard' },
    rootUri: toUri(project),
    workspaceFolders: folders(project),
    initializationOptions: kind.initializationOptions,
    capabilities: {
      general: { positionEncodings: ['utf-16'] },
      workspace: {
        configuration: true,
        workspaceFolders: true,
        didChangeWatchedFiles: { dynamicRegistration: true, relativePatternSupport: true },
        symbol: {},
      },
      textDocument: {
        synchronization: {},
        documentSymbol: { hierarchicalDocumentSymbolSupport: false },
        completion: {
          contextSupport: true,
          completionItem: { snippetSupport: true, documentationFormat: ['markdown', 'plaintext'] },
        },
      },
    },
  }
}

/** Answers what a server asks of its client; undefined for what is not known. */
function answer(method: string, params: unknown, kind: ServerKind, project: string): unknown {
  switch (method) {
    case 'workspace/configuration': {
      const items: readonly unknown[] = isObject(params) && Array.isArray(params.items) ? params.items : []
      return items.map((item) => (isObject(item) ? (kind.settings[String(item.section)] ?? null) : null))
    }
    case 'workspace/workspaceFolders':
      return folders(project)
    case 'workspace/applyEdit':
      return { applied: false }
    case 'client/registerCapability':
    case 'client/unregisterCapability':
    case 'window/workDoneProgress/create':
    case 'window/showMessageRequest':
      return null
    default:
      return /^workspace\/.*\/refresh$/.test(method) ? null : undefined
  }
}

function folders(project: string): object[] {
  return [{ uri: toUri(project), name: project }]
}
