import type { Sandbox } from '@sandyard/sdk'
import { defineCommand } from '../../command.ts'
import { usageError } from '../../exit-codes.ts'
import { execLine, quoteWords } from '../../inside/quote.ts'
import { hasTerminal } from '../../inside/raw-terminal.ts'
import { runInside } from '../../inside/run-inside.ts'
import { sandboxArgument } from '../sandbox/arguments.ts'

export const exec = defineCommand({
  path: ['exec'],
  summary: 'Run a command in a sandbox; ends with its exit code',
  more: 'Words reach the command as they are, no shell reads them: `-- sh -c "a | b"` has one. What is piped in is its standard input; its standard error stays apart. With `-t` it has a terminal: Enter, `~`, `.` leaves it. Ctrl-C ends the command, too.',
  args: { sandbox: sandboxArgument, command: { count: 'rest', doc: 'program and its words' } },
  flags: {
    cwd: { type: 'text', short: 'w', value: 'FOLDER', doc: 'folder to run in, default the work dir' },
    env: { type: 'pairs', short: 'e', value: 'NAME=VALUE', doc: 'variable of the command' },
    timeout: { type: 'number', value: 'SECONDS', min: 0, doc: 'end it after so long, with code 124' },
    tty: { type: 'switch', short: 't', doc: 'give it a terminal' },
    interactive: { type: 'switch', short: 'i', doc: 'give it what is typed; what is piped it has anyway' },
    'no-stdin': { type: 'switch', short: 'n', doc: 'give it no input, in loops that read some themselves' },
    detach: { type: 'switch', short: 'd', doc: 'leave it running in a session, and print where its log is' },
  },
  examples: [
    { does: 'a command', line: 'sandyard exec box -- ls -la /' },
    { does: 'input from a file, output to another', line: 'sandyard exec box -- gzip < big.sql > big.sql.gz' },
    { does: 'a server that stays', line: 'sandyard exec box --detach --cwd app -- npm start' },
    { does: 'an editor', line: 'sandyard exec -it box -- vi notes.md' },
  ],
  cleansUp: true,
  async run({ args, flags, platform, screen, env, signal }) {
    const { command } = args
    if (command.length === 0) throw usageError('exec needs a COMMAND', 'sandyard exec box -- ls')
    if (flags.tty && !hasTerminal()) throw usageError('there is no terminal here to give it', 'leave -t out')
    const sandbox = await (await platform()).get(args.sandbox)
    if (flags.detach) {
      const { sessionId, cmdId } = await startDetached(sandbox, withPlace(command, flags.cwd, flags.env))
      screen.tell(
        `Runs on: sandyard logs ${sandbox.name} --session ${sessionId} -f`,
        { sandbox: sandbox.name, session: sessionId, command: cmdId },
        sessionId,
      )
      return undefined
    }
    return await runInside(
      sandbox,
      {
        command: execLine(command),
        cwd: flags.cwd,
        env: flags.env,
        timeout: flags.timeout,
        isTerminal: flags.tty,
        takesInput: !flags['no-stdin'] && (flags.interactive || process.stdin.isTTY !== true),
      },
      { screen, env, signal },
    )
  },
})

/** A line that runs the words in a folder and with variables. */
function withPlace(words: readonly string[], cwd: string | undefined, env: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const line = quoteWords(pairs.length === 0 ? words : ['env', ...pairs, ...words])
  return cwd === undefined ? line : `${quoteWords(['cd', '--', cwd])} && ${line}`
}

/** Starts a line in a session of its own, which stays. */
async function startDetached(sandbox: Sandbox, command: string): Promise<{ sessionId: string; cmdId: string }> {
  const sessionId = `exec-${crypto.randomUUID().slice(0, 8)}`
  await sandbox.process.createSession(sessionId)
  const { cmdId } = await sandbox.process.executeSessionCommand(sessionId, {
    command,
    runAsync: true,
    suppressInputEcho: true,
  })
  return { sessionId, cmdId }
}
