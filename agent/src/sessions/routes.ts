import type { sessionRoutes } from '@sandyard/protocol'
import { answered, type Handlers } from '../http/call.ts'
import { rejectNul } from '../processes/reject-nul.ts'
import { answerExec, answerLog } from './answer-log.ts'
import { readClientVersion } from './client-version.ts'
import type { SessionCommand } from './command.ts'
import type { Session } from './session.ts'
import { entrypointForm, entrypointId, rejectEntrypoint, type Sessions } from './sessions.ts'

/** Shells that keep their state between commands (toolbox.md 1.5, 2.4). */
export function createSessionHandlers(sessions: Sessions): Handlers<typeof sessionRoutes> {
  return {
    createSession: ({ body, request }) => sessions.create(body.sessionId, readClientVersion(request).startsAtHome),
    listSessions: async () => (await sessions.list()).map(describeSession),
    getSession: async ({ params }) => describeSession(await sessions.get(params.sessionId)),
    deleteSession: ({ params }) => sessions.delete(params.sessionId),
    getEntrypointSession: async () => describeSession(await sessions.entrypoint()),
    async getEntrypointLogs({ request, response }) {
      const { log } = await sessions.entrypointCommand()
      await answerLog(response, log, entrypointForm(readClientVersion(request).form))
      return answered
    },

    async executeSessionCommand({ params, body, request, response }) {
      rejectEntrypoint(params.sessionId)
      rejectNul(body.command)
      const session = await sessions.shell(params.sessionId)
      const isAsync = body.runAsync === true || body.async === true
      const isEchoSuppressed = body.suppressInputEcho === true
      const command = session.execute({ text: body.command, isAsync, isEchoSuppressed })
      if (!isAsync) {
        await command.finished
        if (command.failure !== null) throw command.failure
      }
      await answerExec(response, command, isAsync, readClientVersion(request).form)
      return answered
    },
    getSessionCommand: async ({ params }) =>
      describeCommand(await sessions.command(params.sessionId, params.commandId)),
    async killSessionCommand({ params }) {
      rejectEntrypoint(params.sessionId)
      const command = await sessions.command(params.sessionId, params.commandId)
      await (await sessions.shell(params.sessionId)).kill(command)
    },
    async sendInput({ params, body }) {
      rejectEntrypoint(params.sessionId)
      const command = await sessions.command(params.sessionId, params.commandId)
      command.write(body.data)
    },
    async getSessionCommandLogs({ params, request, response }) {
      const { log } = await sessions.command(params.sessionId, params.commandId)
      const { form } = readClientVersion(request)
      await answerLog(response, log, params.sessionId === entrypointId ? entrypointForm(form) : form)
      return answered
    },
  }
}

function describeSession(session: Session) {
  return { sessionId: session.id, commands: [...session.commands.values()].map(describeCommand) }
}

function describeCommand({ request, exitCode }: SessionCommand) {
  return { id: request.id, command: request.text, ...(exitCode === null ? {} : { exitCode }) }
}
