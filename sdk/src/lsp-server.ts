import type { CompletionItem, LspSymbol } from './operations/language-servers.ts'
import type { Toolbox } from './toolbox.ts'

/** Languages that sandboxes have servers of. */
export const LspLanguageId = { PYTHON: 'python', TYPESCRIPT: 'typescript', JAVASCRIPT: 'javascript' } as const
export type LspLanguageId = (typeof LspLanguageId)[keyof typeof LspLanguageId]

/** A place in a file; both from 0. */
export interface Position {
  line: number
  /** units of UTF-16 */
  character: number
}

/** The language server of a project in a sandbox. Paths are absolute, or relative to the work dir. */
export class LspServer implements AsyncDisposable {
  readonly #toolbox: Toolbox
  readonly #server: { readonly languageId: LspLanguageId; readonly pathToProject: string }

  constructor(languageId: LspLanguageId, pathToProject: string, toolbox: Toolbox) {
    this.#toolbox = toolbox
    this.#server = { languageId, pathToProject }
  }

  /** Starts it; a running one stays. */
  async start(): Promise<void> {
    await this.#toolbox.call('startLspServer', { body: this.#server })
  }

  /** Stops it. */
  async stop(): Promise<void> {
    await this.#toolbox.call('stopLspServer', { body: this.#server })
  }

  /** A file is being worked on; call it again after the file has changed. */
  async didOpen(path: string): Promise<void> {
    await this.#toolbox.call('lspDidOpen', { body: this.#file(path) })
  }

  /** A file is no longer worked on. */
  async didClose(path: string): Promise<void> {
    await this.#toolbox.call('lspDidClose', { body: this.#file(path) })
  }

  /** Symbols of a file. */
  documentSymbols(path: string): Promise<LspSymbol[]> {
    return this.#toolbox.call('lspDocumentSymbols', { query: this.#file(path) })
  }

  /** Symbols of the project by name. */
  sandboxSymbols(query: string): Promise<LspSymbol[]> {
    return this.#toolbox.call('lspWorkspaceSymbols', { query: { ...this.#server, query } })
  }

  /** The same, under its old name. */
  workspaceSymbols(query: string): Promise<LspSymbol[]> {
    return this.sandboxSymbols(query)
  }

  /** What can stand at a position. */
  completions(path: string, position: Position): Promise<{ isIncomplete: boolean; items: CompletionItem[] }> {
    return this.#toolbox.call('lspCompletions', { body: { ...this.#file(path), position } })
  }

  /** Stops it, so that `await using` does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #file(path: string) {
    return { ...this.#server, uri: path.startsWith('file://') ? path : `file://${path}` }
  }
}
