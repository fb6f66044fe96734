import { randomUUID } from 'node:crypto'
import { DaytonaError, type Sandbox } from '@sandyard/sdk'

/** A function of a program; its text is sent, so it may use only the globals of Node and other functions of the program. */
// biome-ignore lint/suspicious/noExplicitAny: any function will do, only its text is used
type Part = (...args: any[]) => unknown

/** A program for the inside of a sandbox. */
export interface InsideProgram<Input, Answer> {
  /** takes the input and gives the answer; both are JSON */
  readonly main: (input: Input) => Answer
  /** what `main` calls, and what those call */
  readonly parts: readonly Part[]
}

const timeoutSeconds = 60

/**
 * Runs a program inside the sandbox, with the Node that the platform brings: it needs nothing of the image, and what
 * it works through never comes over.
 *
 * Throws an Error with the program's own message where it failed. What comes back is what the sandbox says: whoever
 * uses it must not rely on its form more than a failing tool costs.
 */
export async function runInside<Input, Answer>(
  sandbox: Sandbox,
  program: InsideProgram<Input, Answer>,
  { input, signal }: { readonly input: Input; readonly signal: AbortSignal },
): Promise<Answer> {
  const mark = `answer-${randomUUID()}:`
  const code = [
    ...[...program.parts, program.main].map(String),
    'let answer',
    `try { answer = { value: ${program.main.name}(${JSON.stringify(input)}) } }`,
    'catch (error) { answer = { failure: String(error instanceof Error ? error.message : error) } }',
    // A program must not be taken for its answer: the mark is not in its text as it is printed.
    `process.stdout.write('\\n' + ${JSON.stringify(mark)} + JSON.stringify(answer) + '\\n')`,
  ].join('\n')
  // As TypeScript, because JavaScript may be run by whatever Node the image has.
  const body = { code, language: 'typescript' as const, timeout: timeoutSeconds, envs: { NODE_OPTIONS: '' } }
  const { exitCode, result } = await run(sandbox, body, signal)
  const from = result.lastIndexOf(mark)
  const to = result.indexOf('\n', from)
  if (from < 0 || to < 0) throw new Error(`The sandbox gave no answer (exit code ${exitCode}): ${result.slice(-1000)}`)
  const answer = JSON.parse(result.slice(from + mark.length, to)) as { value: Answer; failure?: string }
  if (answer.failure !== undefined) throw new Error(answer.failure)
  return answer.value
}

type CodeRun = Parameters<typeof codeRun>[1]

function codeRun(
  sandbox: Sandbox,
  body: { code: string; language: 'typescript'; timeout: number; envs: Record<string, string> },
  signal: AbortSignal,
) {
  return sandbox.toolbox.call('codeRun', { body }, { signal, timeoutMs: 2 * timeoutSeconds * 1000 })
}

async function run(sandbox: Sandbox, body: CodeRun, signal: AbortSignal) {
  try {
    return await codeRun(sandbox, body, signal)
  } catch (error) {
    if (error instanceof DaytonaError && error.code === 'PROCESS_EXECUTION_TIMEOUT')
      throw new Error(`It took longer than ${timeoutSeconds} s. Ask for a smaller part, or use the bash tool.`)
    throw error
  }
}
