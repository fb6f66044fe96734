// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/toolbox/language-servers.ts: change that, and run it again. */

export interface CompletionItem {
  label: string
  kind?: number
  detail?: string
  documentation?: {
    kind: string
    value: string
  }
  sortText?: string
  filterText?: string
  insertText?: string
}

export interface LspSymbol {
  name: string
  kind: number
  location: {
    uri: string
    range: {
      start: {
        line: number
        character: number
      }
      end: {
        line: number
        character: number
      }
    }
  }
}

/** What is sent and answered. */
export interface LanguageServerOperations {
  /** Start the language server of a project; a running one stays */
  startLspServer: {
    body: {
      languageId: 'python' | 'typescript' | 'javascript'
      pathToProject: string
    }
    answer: undefined
  }
  /** Stop the language server of a project */
  stopLspServer: {
    body: {
      languageId: 'python' | 'typescript' | 'javascript'
      pathToProject: string
    }
    answer: undefined
  }
  /** A file is being worked on; once more after it changed on disk */
  lspDidOpen: {
    body: {
      languageId: 'python' | 'typescript' | 'javascript'
      pathToProject: string
      uri: string
    }
    answer: undefined
  }
  /** A file is no longer worked on */
  lspDidClose: {
    body: {
      languageId: 'python' | 'typescript' | 'javascript'
      pathToProject: string
      uri: string
    }
    answer: undefined
  }
  /** What can stand at a position; lines and characters begin at 0 */
  lspCompletions: {
    body: {
      languageId: 'python' | 'typescript' | 'javascript'
      pathToProject: string
      uri: string
      position: {
        line: number
        character: number
      }
      context?: {
        triggerKind: number
        triggerCharacter?: string | null | undefined
      } | null | undefined
    }
    answer: {
      isIncomplete: boolean
      items: CompletionItem[]
    }
  }
  /** Symbols of a file */
  lspDocumentSymbols: {
    query: {
      languageId: 'python' | 'typescript' | 'javascript'
      pathToProject: string | number | boolean
      uri: string | number | boolean
    }
    answer: LspSymbol[]
  }
  /** Symbols of a project by name */
  lspWorkspaceSymbols: {
    query: {
      languageId: 'python' | 'typescript' | 'javascript'
      pathToProject: string | number | boolean
      query: string | number | boolean
    }
    answer: LspSymbol[]
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const languageServerOperations = {
  startLspServer: 'POST /lsp/start',
  stopLspServer: 'POST /lsp/stop',
  lspDidOpen: 'POST /lsp/did-open',
  lspDidClose: 'POST /lsp/did-close',
  lspCompletions: 'POST /lsp/completions',
  lspDocumentSymbols: 'GET /lsp/document-symbols',
  lspWorkspaceSymbols: 'GET /lsp/workspacesymbols',
} as const
