// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/toolbox/interpreter.ts: change that, and run it again. */

export interface InterpreterContext {
  id: string
  cwd: string
  createdAt: string
  active: boolean
  language: string
}

export interface InterpreterRequest {
  code: string
  contextId?: string | null
  envs?: Record<string, string> | null
  timeout?: number | null
}

/** What is sent and answered. */
export interface InterpreterOperations {
  /** Make a context of its own */
  createInterpreterContext: {
    body?: {
      cwd?: string | null | undefined
      language?: string | null | undefined
    }
    answer: InterpreterContext
  }
  /** Contexts that callers made, oldest first */
  listInterpreterContexts: {
    answer: {
      contexts: InterpreterContext[]
    }
  }
  /** End a context */
  deleteInterpreterContext: {
    params: { contextId: string | number | boolean }
    answer: {
      message: string
    }
  }
  /** Run code in a context; the first message says what */
  executeInterpreterCode: {
    answer: undefined
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const interpreterOperations = {
  createInterpreterContext: 'POST /process/interpreter/context',
  listInterpreterContexts: 'GET /process/interpreter/context',
  deleteInterpreterContext: 'DELETE /process/interpreter/context/{contextId}',
  executeInterpreterCode: 'GET /process/interpreter/execute',
} as const
