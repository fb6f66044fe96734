// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/toolbox/sessions.ts: change that, and run it again. */

export interface Session {
  sessionId: string
  commands: SessionCommand[]
}

export interface SessionCommand {
  id: string
  command: string
  exitCode?: number
}

/** What is sent and answered. */
export interface SessionOperations {
  /** Start a shell that keeps its state */
  createSession: {
    body: {
      sessionId: string
    }
    answer: undefined
  }
  /** All sessions, oldest first */
  listSessions: {
    answer: Session[]
  }
  /** The session that runs the image's entrypoint */
  getEntrypointSession: {
    answer: Session
  }
  /** Log of the entrypoint; a WebSocket streams it */
  getEntrypointLogs: {
    query?: {
      follow?: string | number | boolean | undefined
      offset?: string | number | boolean | undefined
    }
    answer: undefined
  }
  /** One session */
  getSession: {
    params: { sessionId: string | number | boolean }
    answer: Session
  }
  /** End a session and all it started */
  deleteSession: {
    params: { sessionId: string | number | boolean }
    answer: undefined
  }
  /** Run a command in the session; 202 at once when async */
  executeSessionCommand: {
    params: { sessionId: string | number | boolean }
    body: {
      command: string
      runAsync?: boolean | null | undefined
      async?: boolean | null | undefined
      suppressInputEcho?: boolean | null | undefined
    }
    answer: {
      cmdId: string
      output: string | null
      stdout: string | null
      stderr: string | null
      exitCode: number | null
    }
  }
  /** One command of a session */
  getSessionCommand: {
    params: { sessionId: string | number | boolean; commandId: string | number | boolean }
    answer: SessionCommand
  }
  /** End what a running command has started; the session lives on */
  killSessionCommand: {
    params: { sessionId: string | number | boolean; commandId: string | number | boolean }
    answer: undefined
  }
  /** Write to the standard input of a running command */
  sendInput: {
    params: { sessionId: string | number | boolean; commandId: string | number | boolean }
    body: {
      data: string
    }
    answer: undefined
  }
  /** Log of a command; a WebSocket streams it */
  getSessionCommandLogs: {
    params: { sessionId: string | number | boolean; commandId: string | number | boolean }
    query?: {
      follow?: string | number | boolean | undefined
      offset?: string | number | boolean | undefined
    }
    answer: undefined
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const sessionOperations = {
  createSession: 'POST /process/session',
  listSessions: 'GET /process/session',
  getEntrypointSession: 'GET /process/session/entrypoint',
  getEntrypointLogs: 'GET /process/session/entrypoint/logs',
  getSession: 'GET /process/session/{sessionId}',
  deleteSession: 'DELETE /process/session/{sessionId}',
  executeSessionCommand: 'POST /process/session/{sessionId}/exec',
  getSessionCommand: 'GET /process/session/{sessionId}/command/{commandId}',
  killSessionCommand: 'DELETE /process/session/{sessionId}/command/{commandId}',
  sendInput: 'POST /process/session/{sessionId}/command/{commandId}/input',
  getSessionCommandLogs: 'GET /process/session/{sessionId}/command/{commandId}/logs',
} as const
