import type { Session } from '@sandyard/sdk'
import { defineCommand } from '../../command.ts'
import { usageError } from '../../exit-codes.ts'
import { quoteWords } from '../../inside/quote.ts'
import type { Shown } from '../../screen.ts'
import { counted } from '../../texts.ts'
import { sandboxArgument } from '../sandbox/arguments.ts'
import { printLog } from './logs.ts'

const sessionArgument = { count: 'one', doc: 'id of the session' } as const

const shownSession: Shown<Session> = {
  columns: [
    { title: 'Session', text: ({ sessionId }) => sessionId },
    { title: 'Commands', text: ({ commands }) => String(commands.length), isNumber: true },
    {
      title: 'Runs',
      text: ({ commands }) => String(commands.filter((one) => one.exitCode === undefined).length),
      isNumber: true,
    },
    { title: 'Last command', text: ({ commands }) => commands.at(-1)?.command ?? '' },
    { title: 'ID', text: ({ commands }) => commands.at(-1)?.id ?? '' },
  ],
  name: ({ sessionId }) => sessionId,
}

const sessionList = defineCommand({
  path: ['session', 'list'],
  aliases: ['ls'],
  summary: 'List the sessions of a sandbox: shells that keep their state, and what they run',
  args: { sandbox: sandboxArgument },
  flags: {},
  examples: [{ does: 'what runs in the background', line: 'sandyard session list box' }],
  async run({ args, platform, screen }) {
    const sandbox = await (await platform()).get(args.sandbox)
    screen.list(await sandbox.process.listSessions(), shownSession, 'There are no sessions.')
    return undefined
  },
})

const sessionExec = defineCommand({
  path: ['session', 'exec'],
  summary: 'Run a command in a session, which is made if there is none; ends with its exit code',
  more: 'One word is a line for the shell of the session, so that `cd` and variables stay; several are a program and its words. Ctrl-C stops the waiting only: the command goes on.',
  args: {
    sandbox: sandboxArgument,
    session: sessionArgument,
    command: { count: 'rest', doc: 'line, or program and its words' },
  },
  flags: { detach: { type: 'switch', short: 'd', doc: 'do not wait for its end; print its id' } },
  examples: [
    { does: 'a line whose effect stays', line: "sandyard session exec box work 'cd app && export MODE=test'" },
    { does: 'a server', line: 'sandyard session exec box web --detach -- npm start' },
  ],
  async run({ args, flags, platform, screen, signal }) {
    const [only, ...others] = args.command
    if (only === undefined) throw usageError('session exec needs a COMMAND')
    const { process: inside, name } = await (await platform()).get(args.sandbox)
    const { DaytonaError } = await import('@sandyard/sdk')
    await inside.createSession(args.session).catch((error: unknown) => {
      if (!(error instanceof DaytonaError) || error.statusCode !== 409) throw error
    })
    const command = others.length === 0 ? only : quoteWords(args.command)
    const { cmdId } = await inside.executeSessionCommand(args.session, {
      command,
      runAsync: true,
      suppressInputEcho: true,
    })
    if (flags.detach) {
      screen.tell(cmdId, { sandbox: name, session: args.session, command: cmdId }, cmdId)
      return undefined
    }
    await printLog(inside.followSessionCommandLogs(args.session, cmdId, signal), screen)
    return (await inside.getSessionCommand(args.session, cmdId)).exitCode
  },
})

const sessionLogs = defineCommand({
  path: ['session', 'logs'],
  summary: 'Show what a command of a session printed',
  args: {
    sandbox: sandboxArgument,
    session: sessionArgument,
    command: { count: 'optional', doc: 'id of the command, default the last one' },
  },
  flags: { follow: { type: 'switch', short: 'f', doc: 'go on until it ends' } },
  examples: [{ does: 'of the last command, as it comes', line: 'sandyard session logs box web -f' }],
  async run({ args, flags, platform, screen, signal }) {
    const { process: inside } = await (await platform()).get(args.sandbox)
    const commandId = args.command ?? (await lastCommand(inside, args.session))
    if (flags.follow) {
      await printLog(inside.followSessionCommandLogs(args.session, commandId, signal), screen)
      return undefined
    }
    const { stdout, stderr } = await inside.getSessionCommandLogs(args.session, commandId)
    await printLog(
      [
        { stream: 'stdout', text: stdout },
        { stream: 'stderr', text: stderr },
      ],
      screen,
    )
    return undefined
  },
})

const sessionInput = defineCommand({
  path: ['session', 'input'],
  summary: 'Type into a running command of a session',
  more: 'What is typed is the text with a line end, or all of standard input as it is.',
  args: {
    sandbox: sandboxArgument,
    session: sessionArgument,
    text: { count: 'optional', doc: 'default: standard input' },
  },
  flags: { command: { type: 'text', value: 'ID', doc: 'id of the command, default the last one' } },
  examples: [{ does: 'answer a question', line: 'sandyard session input box web yes' }],
  async run({ args, flags, platform }) {
    const { process: inside } = await (await platform()).get(args.sandbox)
    const commandId = flags.command ?? (await lastCommand(inside, args.session))
    if (args.text !== undefined) {
      await inside.sendSessionCommandInput(args.session, commandId, `${args.text}\n`)
      return undefined
    }
    const decoder = new TextDecoder()
    for await (const chunk of process.stdin) {
      const text = decoder.decode(chunk as Buffer, { stream: true })
      if (text !== '') await inside.sendSessionCommandInput(args.session, commandId, text)
    }
    return undefined
  },
})

const sessionDelete = defineCommand({
  path: ['session', 'delete'],
  aliases: ['rm'],
  summary: 'End sessions and all that they started',
  args: { sandbox: sandboxArgument, sessions: { count: 'many', doc: 'ids' } },
  flags: {},
  examples: [{ does: 'end a server', line: 'sandyard session delete box web' }],
  async run({ args, platform, screen }) {
    if (args.sessions.length === 0) throw usageError('name a session')
    const { process: inside, name } = await (await platform()).get(args.sandbox)
    for (const id of args.sessions) await inside.deleteSession(id)
    screen.tell(
      `Ended ${counted(args.sessions.length, 'session')}`,
      { sandbox: name, ended: args.sessions },
      args.sessions.join('\n'),
    )
    return undefined
  },
})

export const sessionCommands = [sessionList, sessionExec, sessionLogs, sessionInput, sessionDelete]

/** Id of the command that began last. Throws a usage error when there is none. */
async function lastCommand(inside: { getSession(id: string): Promise<Session> }, sessionId: string): Promise<string> {
  const last = (await inside.getSession(sessionId)).commands.at(-1)
  if (last === undefined) throw usageError(`session ${sessionId} has run no command yet`)
  return last.id
}
