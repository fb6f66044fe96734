import { randomUUID } from 'node:crypto'
import { limits } from '@sandyard/protocol'
import type { Sandbox } from '@sandyard/sdk'
import { z } from 'zod'
import { command, commandId, cwd, sandboxId, sessionId } from '../arguments.ts'
import { readLogPart } from '../log-part.ts'
import { defineTool, destroys, reads, runs } from '../tool.ts'

const commandShape = z.object({
  sessionId: z.string(),
  commandId: z.string(),
  command: z.string(),
  isRunning: z.boolean(),
  exitCode: z.number().nullable().describe('null while it runs'),
})
/** of the text of a command that is listed, characters; and commands */
const listedText = 300
const mostListed = 200

export const startCommand = defineTool({
  name: 'start_command',
  title: 'Start a command in the background',
  description:
    'Starts a shell command in a sandbox and does not wait for its end: for servers, and for what takes long. read_logs tells what it prints, kill_command ends it.',
  input: z.strictObject({
    id: sandboxId,
    command,
    cwd,
    sessionId: sessionId
      .optional()
      .describe(
        'Session to run it in, made when there is none: a shell that keeps its folder and variables, and runs one command after the other. Default: a new one',
      ),
  }),
  output: z.object({ sessionId: z.string(), commandId: z.string() }),
  annotations: runs,
  async run({ id, command: line, cwd: folder, sessionId: wanted }, { platform, signal }) {
    const sandbox = await platform.get(id)
    const session = wanted ?? `mcp-${randomUUID()}`
    const isNew = await openSession(sandbox, session)
    try {
      signal.throwIfAborted()
      const { cmdId } = await sandbox.process.executeSessionCommand(session, {
        command: line,
        runAsync: true,
        ...(folder === undefined ? {} : { cwd: folder }),
      })
      return {
        text: `Started: sessionId ${session}, commandId ${cmdId}. read_logs tells what it prints.`,
        structured: { sessionId: session, commandId: cmdId },
      }
    } catch (error) {
      if (isNew) await sandbox.process.deleteSession(session).catch(() => {})
      throw error
    }
  },
})

export const readLogs = defineTool({
  name: 'read_logs',
  title: 'Read what a command printed',
  description:
    'Reads what a command of start_command has printed since a cursor, and whether it still runs. Give `nextCursor` of one answer as `cursor` of the next call, so that nothing comes twice.',
  input: z.strictObject({
    id: sandboxId,
    sessionId,
    commandId,
    cursor: z.int().min(0).default(0).describe('Where to begin: 0, or `nextCursor` of the answer before'),
    waitSeconds: z
      .number()
      .min(0)
      .max(60)
      .default(2)
      .describe('How long to wait when nothing new was printed and the command runs; 0 does not wait'),
    maxBytes: z.int().min(256).max(limits.mcpOutputLength).default(16_384).describe('Most to read at once'),
  }),
  output: z.object({
    output: z.string().describe('both streams in the order of arrival'),
    nextCursor: z.number(),
    hasMore: z.boolean().describe('true: there is more to read at once'),
    isRunning: z.boolean(),
    exitCode: z.number().nullable().describe('null while it runs'),
  }),
  annotations: reads,
  async run(args, { platform, signal }) {
    const sandbox = await platform.get(args.id)
    // A session that is not there is told by this call; a WebSocket cannot say it.
    const params = { sessionId: args.sessionId, commandId: args.commandId }
    await sandbox.toolbox.call('getSessionCommand', { params }, { signal })
    const range = { ...params, cursor: args.cursor, length: args.maxBytes, waitMs: args.waitSeconds * 1000 }
    const { text, next, isAtEnd } = await readLogPart(sandbox.toolbox, range, signal)
    // Asked after the reading: what it printed last before its end is never missed by a caller who stops at the end.
    const { exitCode = null } = await sandbox.toolbox.call('getSessionCommand', { params }, { signal })
    const isRunning = exitCode === null
    const how = isRunning ? 'it still runs' : `it has ended with exit code ${exitCode}`
    const rest = isAtEnd ? '' : 'there is more to read: '
    return {
      text: `${text === '' ? '(nothing new)' : text.replace(/\n$/, '')}\n(${how}; ${rest}next cursor ${next})`,
      structured: { output: text, nextCursor: next, hasMore: !isAtEnd, isRunning, exitCode },
    }
  },
})

export const sendInput = defineTool({
  name: 'send_input',
  title: 'Answer a running command',
  description: 'Writes to the standard input of a command of start_command, as if it was typed. End a line with \\n.',
  input: z.strictObject({
    id: sandboxId,
    sessionId,
    commandId,
    input: z.string().min(1).max(limits.terminalInputBytes).describe('Text to write, such as "yes\\n"'),
  }),
  output: z.object({ sent: z.number().describe('characters') }),
  annotations: { ...runs, destructiveHint: false },
  async run({ id, sessionId: session, commandId: cmd, input: data }, { platform, signal }) {
    const sandbox = await platform.get(id)
    const params = { sessionId: session, commandId: cmd }
    await sandbox.toolbox.call('sendInput', { params, body: { data } }, { signal })
    return { text: 'Sent.', structured: { sent: data.length } }
  },
})

export const killCommand = defineTool({
  name: 'kill_command',
  title: 'End a running command',
  description:
    'Ends a command of start_command with all that it has started; its logs stay. A command that has ended is left alone.',
  input: z.strictObject({ id: sandboxId, sessionId, commandId }),
  output: z.object({ wasRunning: z.boolean() }),
  annotations: destroys,
  async run({ id, sessionId: session, commandId: cmd }, { platform, signal }) {
    const sandbox = await platform.get(id)
    const { isRunning } = await sandbox.process.getSessionCommandStatus(session, cmd)
    signal.throwIfAborted()
    if (isRunning) await sandbox.process.killSessionCommand(session, cmd)
    return {
      text: isRunning ? 'Ended.' : 'It had ended before; nothing was to be done.',
      structured: { wasRunning: isRunning },
    }
  },
})

export const listCommands = defineTool({
  name: 'list_commands',
  title: 'List background commands',
  description: 'Lists the commands that were started with start_command in a sandbox, the newest last.',
  input: z.strictObject({ id: sandboxId }),
  output: z.object({ commands: z.array(commandShape), missing: z.number().describe('older ones, not listed') }),
  annotations: reads,
  async run({ id }, { platform, signal }) {
    const sandbox = await platform.get(id)
    const sessions = await sandbox.toolbox.call('listSessions', {}, { signal })
    const all = sessions.flatMap(({ sessionId: session, commands }) =>
      commands.map(({ id: cmd, command: line, exitCode = null }) => ({
        sessionId: session,
        commandId: cmd,
        command: line.length > listedText ? `${line.slice(0, listedText)}…` : line,
        isRunning: exitCode === null,
        exitCode,
      })),
    )
    const commands = all.slice(-mostListed)
    const lines = commands.map(
      (one) =>
        `${one.isRunning ? 'runs' : `exit code ${one.exitCode}`}: sessionId ${one.sessionId}, commandId ${one.commandId}: ${one.command}`,
    )
    return {
      text: lines.length === 0 ? 'There are no commands in the background.' : lines.join('\n'),
      structured: { commands, missing: all.length - commands.length },
    }
  },
})

/** Makes the session when there is none; tells whether it did. */
async function openSession(sandbox: Sandbox, session: string): Promise<boolean> {
  try {
    await sandbox.process.createSession(session)
    return true
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 409) return false
    throw error
  }
}
