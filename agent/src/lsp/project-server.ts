import { limits } from '@sandyard/protocol/limits'
import { Documents } from './documents.ts'
import { toUri } from './file-uri.ts'
import { type Language, languageOf, type ServerKind } from './kinds.ts'
import { LanguageServer } from './language-server.ts'
import { Overview } from './overview.ts'
import { ProjectFiles } from './project-files.ts'

/** What the server of a project needs. */
export interface ProjectServerOptions {
  readonly kind: ServerKind
  /** absolute folder */
  readonly project: string
  readonly environment: () => Record<string, string>
  /** time without a call after which its process ends, ms */
  readonly idleMs: number
  /** told when the server has ended though nobody stopped it */
  readonly onLost: () => void
}

/** Time for an idle server to end by itself, ms. */
const sleepGraceMs = 2000

/** What a server is asked about a file. */
export interface Question {
  readonly method: string
  params(uri: string): object
}

/**
 * A project with its language server. Without calls for some time the process ends, as it takes much memory; the next
 * call starts it again with the same files open, so that callers see nothing of it but the time it takes.
 */
export class ProjectServer {
  /** languages that callers have started it for */
  readonly languages = new Set<Language>()
  readonly #options: ProjectServerOptions
  readonly #documents = new Documents()
  readonly #stopping = new AbortController()
  #files: ProjectFiles
  #overview: Overview
  #server: Promise<LanguageServer> | null = null
  #queue: Promise<unknown> = Promise.resolve()
  #uses = 0
  #idle: NodeJS.Timeout | undefined

  constructor(options: ProjectServerOptions) {
    this.#options = options
    this.#files = new ProjectFiles(options.project, options.kind)
    this.#overview = new Overview(options.project)
  }

  /** Returns when the server is ready. Throws what `LanguageServer.start` does. */
  start(): Promise<void> {
    return this.#use(async () => {})
  }

  /** Opens a file, or reads it again when it is open. */
  open(path: string, language: Language): Promise<void> {
    return this.#use(({ connection }) =>
      this.#inTurn(() => this.#documents.open(connection, path, languageOf(path, language))),
    )
  }

  close(path: string): Promise<void> {
    return this.#use(({ connection }) => this.#inTurn(async () => this.#documents.close(connection, path)))
  }

  /** Asks about a file, which is open meanwhile with the text that it has now. */
  askAbout(file: { path: string; language: Language }, question: Question, signal: AbortSignal): Promise<unknown> {
    const { path, language } = file
    return this.#use(async (server) => {
      const { connection } = server
      await this.#inTurn(async () => {
        await this.#tellChanges(server)
        await this.#documents.hold(connection, path, languageOf(path, language))
      })
      try {
        return await server.request(question.method, question.params(toUri(path)), signal)
      } finally {
        await this.#inTurn(async () => this.#documents.release(connection, path))
      }
    })
  }

  /** Asks for the symbols of the project whose names fit. */
  findSymbols(query: string, signal: AbortSignal): Promise<unknown> {
    return this.#use(async (server) => {
      await server.indexed()
      await this.#inTurn(async () => {
        await this.#tellChanges(server)
        if (this.#options.kind.needsOpenFiles) {
          this.#overview.update(server.connection, this.#files.sources(limits.languageServerSources))
        }
      })
      await server.indexed()
      // Where that file is not asked about first, the server does not look what has changed.
      if (this.#overview.isOpen) await server.request('textDocument/documentSymbol', this.#overview.params, signal)
      return await server.request('workspace/symbol', { query }, signal)
    })
  }

  /** Ends the server, also one that is just starting. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort()
    clearTimeout(this.#idle)
    await this.#end(graceMs)
  }

  async #use<T>(work: (server: LanguageServer) => Promise<T>): Promise<T> {
    this.#uses++
    clearTimeout(this.#idle)
    try {
      this.#server ??= this.#wake()
      return await work(await this.#server)
    } finally {
      this.#uses--
      if (this.#uses === 0 && !this.#stopping.signal.aborted) {
        this.#idle = setTimeout(() => void this.#end(sleepGraceMs), this.#options.idleMs).unref()
      }
    }
  }

  #wake(): Promise<LanguageServer> {
    const { kind, project, environment, onLost } = this.#options
    const files = new ProjectFiles(project, kind)
    this.#files = files
    this.#overview = new Overview(project)
    this.#documents.forgetServer()
    const server = LanguageServer.start({
      kind,
      project,
      environment: environment(),
      prepare: () => files.update(),
      signal: this.#stopping.signal,
    })
    const forget = (): boolean => {
      if (this.#server !== server) return false // it was to end
      this.#server = null
      return true
    }
    server.then(
      async ({ ended }) => {
        await ended
        if (forget()) onLost()
      },
      () => forget(),
    )
    return server
  }

  async #end(graceMs: number): Promise<void> {
    const server = this.#server
    this.#server = null
    await server?.then(
      (running) => running.stop(graceMs),
      () => {}, // did not start, and was told to who started it
    )
  }

  /** What changed on disk since the call before, open or not. */
  async #tellChanges(server: LanguageServer): Promise<void> {
    const changes = await this.#files.update()
    if (changes.length > 0) {
      server.expect(changes)
      server.connection.notify('workspace/didChangeWatchedFiles', {
        changes: changes.map(({ path, type }) => ({ uri: toUri(path), type })),
      })
    }
    await this.#documents.refresh(server.connection)
  }

  /** One after the other: what a server has of a file must be what we think it has. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work)
    this.#queue = turn.catch(() => {}) // told to who waits for it
    return turn
  }
}
