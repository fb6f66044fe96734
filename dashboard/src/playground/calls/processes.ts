import { type Call, type CallField, curl, literal, segment } from '../call.ts'

const session: CallField = { label: 'Session', initial: 'playground' }
const counting = 'for i in 1 2 3; do echo "line $i"; sleep 0.2; done'
const typed = 'echo "$TERM"; exit\n'

/** Commands, sessions, code and terminals. */
export const processCalls: readonly Call[] = [
  {
    name: 'process.executeCommand',
    title: 'Run a command',
    fields: { command: { label: 'Command', initial: 'uname -a && id', kind: 'lines' } },
    typescript: (v) => `console.log(await sandbox.process.executeCommand(${literal(v.command)}))`,
    python: (v) => `print(sandbox.process.exec(${literal(v.command)}))`,
    curl: (v, { toolbox }) => curl('POST', `${toolbox}/process/execute`, { body: { command: v.command } }),
    run: ({ sandbox }, v) => sandbox.process.executeCommand(v.command ?? ''),
  },
  {
    name: 'process.codeRun',
    title: 'Run code',
    fields: {
      code: {
        label: 'Code',
        hint: 'In the language that the sandbox was made for; the published client refuses one that was made for none',
        initial: 'print(sum(range(10)))',
        kind: 'lines',
      },
    },
    typescript: (v) => `console.log(await sandbox.process.codeRun(${literal(v.code)}))`,
    python: (v) => `print(sandbox.process.code_run(${literal(v.code)}))`,
    curl: (v, { toolbox }) =>
      curl('POST', `${toolbox}/process/code-run`, { body: { code: v.code, language: 'python' } }),
    run: ({ sandbox }, v) => sandbox.process.codeRun(v.code ?? ''),
  },
  {
    name: 'codeInterpreter.runCode',
    title: 'Run code that keeps its variables',
    fields: {
      code: { label: 'Python', initial: 'count = globals().get("count", 0) + 1\nprint(count)', kind: 'lines' },
    },
    typescript: (v) =>
      `await sandbox.codeInterpreter.runCode(${literal(v.code)}, {\n  onStdout: ({ output }) => console.log(output),\n})`,
    python: (v) =>
      `sandbox.code_interpreter.run_code(${literal(v.code)}, on_stdout=lambda message: print(message.output))`,
    curl: null,
    run: ({ sandbox, say }, v) =>
      sandbox.codeInterpreter.runCode(v.code ?? '', {
        onStdout: ({ output }) => say(output),
        onStderr: ({ output }) => say(output),
      }),
  },
  {
    name: 'process.createSession',
    title: 'Open a session',
    fields: { session },
    typescript: (v) => `await sandbox.process.createSession(${literal(v.session)})`,
    python: (v) => `sandbox.process.create_session(${literal(v.session)})`,
    curl: (v, { toolbox }) => curl('POST', `${toolbox}/process/session`, { body: { sessionId: v.session } }),
    run: ({ sandbox }, v) => sandbox.process.createSession(v.session ?? ''),
  },
  {
    name: 'process.executeSessionCommand',
    title: 'Run a command in a session',
    fields: { session, command: { label: 'Command', initial: 'cd /tmp && export KEPT=yes && pwd', kind: 'lines' } },
    typescript: (v) =>
      `console.log(await sandbox.process.executeSessionCommand(${literal(v.session)}, { command: ${literal(v.command)} }))`,
    python: (v) =>
      `from daytona import SessionExecuteRequest\n\nprint(sandbox.process.execute_session_command(${literal(v.session)}, SessionExecuteRequest(command=${literal(v.command)})))`,
    curl: (v, { toolbox }) =>
      curl('POST', `${toolbox}/process/session/${segment(v.session)}/exec`, {
        body: { command: v.command },
      }),
    run: ({ sandbox }, v) => sandbox.process.executeSessionCommand(v.session ?? '', { command: v.command ?? '' }),
  },
  {
    name: 'process.getSessionCommandLogs',
    title: 'Follow a long command',
    fields: { session, command: { label: 'Command', initial: counting, kind: 'lines' } },
    typescript: (v) =>
      [
        '{',
        `  const request = { command: ${literal(v.command)}, runAsync: true }`,
        `  const { cmdId } = await sandbox.process.executeSessionCommand(${literal(v.session)}, request)`,
        '  const print = (text: string) => console.log(text)',
        `  await sandbox.process.getSessionCommandLogs(${literal(v.session)}, cmdId!, print, print)`,
        '}',
      ].join('\n'),
    python: (v) =>
      [
        'import asyncio',
        'from daytona import SessionExecuteRequest',
        '',
        `request = SessionExecuteRequest(command=${literal(v.command)}, run_async=True)`,
        `running = sandbox.process.execute_session_command(${literal(v.session)}, request)`,
        `asyncio.run(sandbox.process.get_session_command_logs_async(${literal(v.session)}, running.cmd_id, print, print))`,
      ].join('\n'),
    curl: null,
    run: async ({ sandbox, say }, v) => {
      const request = { command: v.command ?? '', runAsync: true }
      const { cmdId } = await sandbox.process.executeSessionCommand(v.session ?? '', request)
      await sandbox.process.getSessionCommandLogs(v.session ?? '', cmdId, say, say)
      return await sandbox.process.getSessionCommand(v.session ?? '', cmdId)
    },
  },
  {
    name: 'process.listSessions',
    title: 'List sessions',
    fields: {},
    typescript: () => 'console.log(await sandbox.process.listSessions())',
    python: () => 'print(sandbox.process.list_sessions())',
    curl: (_, { toolbox }) => curl('GET', `${toolbox}/process/session`),
    run: ({ sandbox }) => sandbox.process.listSessions(),
  },
  {
    name: 'process.deleteSession',
    title: 'Close a session',
    fields: { session },
    typescript: (v) => `await sandbox.process.deleteSession(${literal(v.session)})`,
    python: (v) => `sandbox.process.delete_session(${literal(v.session)})`,
    curl: (v, { toolbox }) => curl('DELETE', `${toolbox}/process/session/${segment(v.session)}`),
    run: ({ sandbox }, v) => sandbox.process.deleteSession(v.session ?? ''),
  },
  {
    name: 'process.createPty',
    title: 'Use a terminal',
    fields: {
      name: { label: 'Terminal', initial: 'playground' },
      input: { label: 'What is typed', initial: typed, kind: 'lines' },
    },
    typescript: (v) =>
      [
        '{',
        `  const id = ${literal(v.name)}`,
        '  const onData = (bytes: Uint8Array) => void process.stdout.write(bytes)',
        '  const terminal = await sandbox.process.createPty({ id, cols: 80, rows: 24, onData })',
        '  await terminal.waitForConnection()',
        `  await terminal.sendInput(${literal(v.input)})`,
        '  await terminal.wait()',
        '}',
      ].join('\n'),
    python: (v) =>
      [
        'from daytona.common.pty import PtySize',
        '',
        `terminal = sandbox.process.create_pty_session(id=${literal(v.name)}, pty_size=PtySize(cols=80, rows=24))`,
        `terminal.send_input(${literal(v.input)})`,
        'for data in terminal:',
        '    print(data.decode(), end="")',
      ].join('\n'),
    curl: null,
    run: async ({ sandbox, say }, v) => {
      const decoder = new TextDecoder()
      const onData = (bytes: Uint8Array): void => say(decoder.decode(bytes, { stream: true }))
      const terminal = await sandbox.process.createPty({ id: v.name ?? '', cols: 80, rows: 24, onData })
      await terminal.waitForConnection()
      await terminal.sendInput(v.input ?? '')
      return await terminal.wait()
    },
  },
]
