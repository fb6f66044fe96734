import type { sessionRoutes } from '@sandyard/protocol'
import { PlatformError } from '@sandyard/protocol/errors'
import { answered, type Handlers } from '../http/call.ts'
import { rejectNul } from '../processes/reject-nul.ts'
import { answerExec, answerLog } from './answer-log.ts'
import { readClientVersion } from './client-version.ts'
import type { SessionCommand } from './command.ts'
import type { ShellSession } from './session.ts'
import { rejectEntrypoint, type Sessions } from './sessions.ts'

/** Shells that keep their state between commands (toolbox.md 1.5, 2.4). */
export function createSessionHandlers(sessions: Sessions): Handlers<typeof sessionRoutes> {
  return {
    createSession: ({ body, request }) => sessions.create(body.sessionId, readClientVersion(request).startsAtHome),
    listSessions: async () => (await sessions.list()).map(describeSession),
    getSession: async ({ params }) => describeSession(await sessions.get(params.sessionId)),
    deleteSession: ({ params }) => sessions.delete(params.sessionId),
    getEntrypointSession: async () => noEntrypoint(),
    getEntrypointLogs: async () => noEntrypoint(),

    async executeSessionCommand({ params, body, request, response }) {
      rejectEntrypoint(params.sessionId)
      rejectNul(body.command)
      const session = await sessions.get(params.sessionId)
      const isAsync = body.runAsync === true || body.async === true
      const isEchoSuppressed = body.suppressInputEcho === true
      const command = session.execute({ text: body.command, isAsync, isEchoSuppressed })
      if (!isAsync) await command.finished
      await answerExec(response, command, isAsync, readClientVersion(request).form)
      return answered
    },
    getSessionCommand: async ({ params }) =>
      describeCommand(await sessions.command(params.sessionId, params.commandId)),
    async sendInput({ params, body }) {
      rejectEntrypoint(params.sessionId)
      const session = await sessions.get(params.sessionId)
      const command = await sessions.command(session.id, params.commandId)
      command.write(body.data)
    },
    async getSessionCommandLogs({ params, request, response }) {
      const command = await sessions.command(params.sessionId, params.commandId)
      await answerLog(response, command, readClientVersion(request).form)
      return answered
    },
  }
}

function describeSession(session: ShellSession) {
  return { sessionId: session.id, commands: [...session.commands.values()].map(describeCommand) }
}

function describeCommand({ request, exitCode }: SessionCommand) {
  return { id: request.id, command: request.text, ...(exitCode === null ? {} : { exitCode }) }
}

function noEntrypoint(): never {
  throw new PlatformError('PROCESS_NOT_FOUND', 'This sandbox was started without an entrypoint')
}
