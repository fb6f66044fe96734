import { PlatformError } from '@sandyard/protocol/errors'
import type { interpreterRoutes } from '@sandyard/protocol/toolbox/interpreter'
import type { Handlers } from '../http/call.ts'
import type { InterpreterContext } from './context.ts'
import type { Contexts } from './contexts.ts'

const language = 'python'

/** Handlers of `interpreterRoutes`, without its WebSocket. */
export function createInterpreterHandlers(contexts: Contexts): Handlers<typeof interpreterRoutes> {
  return {
    async createInterpreterContext({ body }) {
      if ((body.language ?? '') !== '' && body.language !== language) {
        throw new PlatformError('BAD_REQUEST', `bad request: language: only ${language} is known`)
      }
      return describe(await contexts.create(body.cwd ?? ''))
    },
    async listInterpreterContexts() {
      return { contexts: contexts.list().map(describe) }
    },
    async deleteInterpreterContext({ params }) {
      await contexts.delete(params.contextId)
      return { message: 'Context deleted successfully' }
    },
  }
}

function describe({ id, cwd, createdAt }: InterpreterContext) {
  return { id, cwd, createdAt: createdAt.toISOString(), active: true, language }
}
