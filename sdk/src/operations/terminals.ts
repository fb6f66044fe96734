// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/toolbox/terminals.ts: change that, and run it again. */

export interface PtySession {
  id: string
  cwd: string
  envs: Record<string, string>
  cols: number
  rows: number
  createdAt: string
  active: boolean
  lazyStart: boolean
}

/** What is sent and answered. */
export interface TerminalOperations {
  /** Make a terminal; with lazyStart its shell begins when somebody connects */
  createPtySession: {
    body: {
      id: string
      cwd?: string | null | undefined
      envs?: Readonly<Record<string, string>> | null | undefined
      cols?: number | null | undefined
      rows?: number | null | undefined
      lazyStart?: boolean | null | undefined
    }
    answer: {
      sessionId: string
    }
  }
  /** All terminals, oldest first */
  listPtySessions: {
    answer: {
      sessions: PtySession[]
    }
  }
  /** Make a terminal and connect to it in one go */
  createConnectPtySession: {
    query: {
      id: string | number | boolean
      cwd?: string | number | boolean | undefined
      cols?: string | number | boolean | undefined
      rows?: string | number | boolean | undefined
    }
    answer: undefined
  }
  /** One terminal */
  getPtySession: {
    params: { sessionId: string | number | boolean }
    answer: PtySession
  }
  /** End a terminal and all it started */
  deletePtySession: {
    params: { sessionId: string | number | boolean }
    answer: {
      message: string
    }
  }
  /** Change the size of a terminal */
  resizePtySession: {
    params: { sessionId: string | number | boolean }
    body: {
      cols: number
      rows: number
    }
    answer: PtySession
  }
  /** Look at a terminal and type into it; with replay=true the recent screen comes first */
  connectPtySession: {
    params: { sessionId: string | number | boolean }
    query?: {
      replay?: string | number | boolean | undefined
    }
    answer: undefined
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const terminalOperations = {
  createPtySession: 'POST /process/pty',
  listPtySessions: 'GET /process/pty',
  createConnectPtySession: 'GET /process/pty/create-connect',
  getPtySession: 'GET /process/pty/{sessionId}',
  deletePtySession: 'DELETE /process/pty/{sessionId}',
  resizePtySession: 'POST /process/pty/{sessionId}/resize',
  connectPtySession: 'GET /process/pty/{sessionId}/connect',
} as const
