import { randomUUID } from 'node:crypto'
import { posix } from 'node:path'
import { DaytonaError, type Sandbox } from '@sandyard/sdk'
import { filledTextOf, flagOf, optionalIntegerOf, optionalTextOf } from './arguments.ts'
import { backgroundScript } from './background.ts'
import { countLines, fits, lastPart, type OutputLimits } from './cut-output.ts'
import type { Call, ToolPlan } from './tool.ts'

const usualTimeoutMs = 120_000
const longestTimeoutMs = 24 * 3600 * 1000
/** time after its end in which the answer must come, ms */
const answerMs = 60_000
/** how much of the end of the output OpenCode's screens show, characters */
const shownCharacters = 30_000
/** folder inside the sandbox for output that is too long to show, and for logs of what runs in the background */
const outputFolder = '/tmp/opencode'

/** Runs a command in the shell of the image. */
export const bash: ToolPlan = {
  description: `Runs a shell command in the sandbox and waits for its end.

- It starts in the project's folder, or in workdir. Set workdir rather than writing "cd folder && …". Each call is a new shell: variables and the current folder do not stay.
- Standard input is empty: use options such as -y, and no editors or pagers.
- After timeout milliseconds (${usualTimeoutMs} if it is not set) the command is ended with all it started.
- Of long output the end is shown, and all of it is saved to a file in the sandbox that you can look into with read and grep.
- A server, a watcher, or whatever else does not end by itself: set background. The command goes on after the call, which answers its process id and its log file. To end it: kill -- -PID.
- To find files use glob, to search in them grep, to read, change and write them read, edit and write.
- Commit or push only when the user asked for it.`,
  args: {
    command: { type: 'string', description: 'The command to execute' },
    timeout: { type: ['integer', 'null'], description: 'Optional timeout in milliseconds' },
    workdir: {
      type: ['string', 'null'],
      description: "The folder to run the command in. Default: the project's folder",
    },
    background: {
      type: ['boolean', 'null'],
      description: 'True: go on without waiting for its end, as for a server (default false)',
    },
  },
  required: ['command'],
  check(args) {
    if (filledTextOf(args, 'command').trim() === '') throw new Error('command is required')
    timeoutOf(args)
    optionalTextOf(args, 'workdir')
    flagOf(args, 'background')
  },
  async run(call) {
    const { args } = call
    const command = filledTextOf(args, 'command')
    const cwd = call.pathOf(optionalTextOf(args, 'workdir') ?? '.')
    const ending = flagOf(args, 'background')
      ? await runJob(call, { command: backgroundScript(command, newFile('background', 'log')), cwd, timeoutMs: 30_000 })
      : await runJob(call, { command, cwd, timeoutMs: timeoutOf(args) ?? usualTimeoutMs })
    return await answer(call, command, ending)
  },
}

function timeoutOf(args: Call['args']): number | undefined {
  const { timeout } = args
  if (typeof timeout === 'number' && timeout <= 0)
    throw new Error(`Invalid timeout value: ${timeout}. Timeout must be a positive number.`)
  const whole = typeof timeout === 'number' ? Math.ceil(timeout) : timeout
  return optionalIntegerOf({ timeout: whole }, 'timeout', { least: 1, most: longestTimeoutMs })
}

interface Job {
  readonly command: string
  readonly cwd: string
  readonly timeoutMs: number
}

interface Ending {
  /** both streams, in order */
  readonly output: string
  /** null when it was ended */
  readonly exitCode: number | null
  /** what to tell about how it ended */
  readonly note: string | null
}

/** The agent ends the whole tree when the time is over, and when the request is given up. */
async function runJob({ box, signal }: Call, { command, cwd, timeoutMs }: Job): Promise<Ending> {
  const body = { command, cwd, timeout: Math.ceil(timeoutMs / 1000) }
  // The agent may have been replaced by somebody who does not keep to the time.
  const options = { signal, timeoutMs: timeoutMs + answerMs }
  try {
    const { exitCode, result } = await box.sandbox.toolbox.call('executeCommand', { body }, options)
    return { output: result, exitCode, note: null }
  } catch (error) {
    if (signal.aborted) return { output: '', exitCode: null, note: 'User aborted the command' }
    if (!(error instanceof DaytonaError) || error.code !== 'PROCESS_EXECUTION_TIMEOUT') throw error
    return {
      output: lastOutputOf(error.message),
      exitCode: null,
      note: `shell tool terminated command after exceeding timeout ${timeoutMs} ms. If this command is expected to take longer and is not waiting for interactive input, retry with a larger timeout value in milliseconds.`,
    }
  }
}

/** The agent tells the last output behind its message (toolbox.md 1.4). */
function lastOutputOf(message: string): string {
  const start = '; last output:\n'
  const at = message.indexOf(start)
  return at < 0 ? '' : message.slice(at + start.length)
}

async function answer({ box, limits }: Call, command: string, { output, exitCode, note }: Ending) {
  const end = note === null ? '' : `\n\n<shell_metadata>\n${note}\n</shell_metadata>`
  const whole = (output === '' ? '(no output)' : output) + end
  const metadata = { output: shownEnd(output === '' ? whole : output), exit: exitCode }
  if (fits(whole, limits)) return { title: command, output: whole, metadata: { ...metadata, truncated: false } }
  const { path, text } = await save(box.sandbox, output)
  const head = `...output truncated...\n\n${text}\n\n`
  const part = lastPart(output, roomFor(head + end, limits))
  return {
    title: command,
    output: head + part + end,
    metadata: { ...metadata, truncated: true, ...(path === null ? {} : { outputPath: path }) },
  }
}

function roomFor(rest: string, limits: OutputLimits): OutputLimits {
  return {
    lines: Math.max(limits.lines - countLines(rest), 1),
    bytes: Math.max(limits.bytes - Buffer.byteLength(rest), 0),
  }
}

/** Saves what is too long to show; where it cannot be (a full disk), says so rather than failing after the work. */
async function save(
  sandbox: Sandbox,
  output: string,
): Promise<{ readonly path: string | null; readonly text: string }> {
  const path = newFile('tool', 'txt')
  try {
    await sandbox.fs.writeFile(path, output)
    return { path, text: `Full output saved to: ${path}` }
  } catch (error) {
    return { path: null, text: `The full output could not be saved: ${error instanceof Error ? error.message : error}` }
  }
}

function newFile(kind: string, ending: string): string {
  return posix.join(outputFolder, `${kind}_${randomUUID()}.${ending}`)
}

function shownEnd(text: string): string {
  return text.length <= shownCharacters ? text : `...\n\n${text.slice(-shownCharacters)}`
}
