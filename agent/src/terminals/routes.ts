import type { terminalRoutes } from '@sandyard/protocol'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import type { Handlers } from '../http/call.ts'
import type { Terminal } from './terminal.ts'
import type { Terminals } from './terminals.ts'

/** Terminals: made, listed, resized and ended (toolbox.md 1.6). */
export function createTerminalHandlers(terminals: Terminals): Handlers<typeof terminalRoutes> {
  return {
    async createPtySession({ body }) {
      await terminals.create(body)
      return { sessionId: body.id }
    },
    listPtySessions: async () => ({ sessions: terminals.list().map(describe) }),
    getPtySession: async ({ params }) => describe(terminals.get(params.sessionId)),
    async deletePtySession({ params }) {
      await terminals.delete(params.sessionId)
      return { message: 'PTY session deleted' }
    },
    async resizePtySession({ params, body }) {
      const terminal = terminals.find(params.sessionId)
      if (terminal === undefined) {
        const id = params.sessionId.slice(0, limits.sessionIdLength)
        throw new PlatformError('GONE', `gone: terminal ${id} has ended or never was`)
      }
      terminal.resize(body)
      return describe(terminal)
    },
  }
}

function describe({ plan, size, createdAt, isActive }: Terminal) {
  const { id, cwd, envs, lazyStart } = plan
  return { id, cwd, envs: { ...envs }, cols: size.cols, rows: size.rows, createdAt, active: isActive, lazyStart }
}
