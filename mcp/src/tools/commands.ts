import type { ContentBlock } from '@modelcontextprotocol/server'
import { limits } from '@sandyard/protocol'
import { z } from 'zod'
import { command, cwd, env, sandboxId } from '../arguments.ts'
import { cutMiddle } from '../texts.ts'
import { defineTool, runs } from '../tool.ts'

/** Charts that are shown of one run, and the largest one, bytes of base64. */
const mostCharts = 8
const largestChart = 1024 * 1024

const timeout = z
  .int()
  .min(1)
  .max(3600)
  .default(120)
  .describe('Seconds after which it is ended. What takes longer is for start_command')

const ended = {
  stdout: z
    .string()
    .describe('what it printed, both streams in the order of arrival; long output is cut in the middle'),
  stderr: z.string().describe('empty: it is in stdout'),
  exitCode: z.number(),
  errorType: z.string().describe('empty when the exit code is 0, else CommandFailed'),
  missingCharacters: z.number().describe('how much of the output was cut out'),
}

export const executeCommand = defineTool({
  name: 'execute_command',
  title: 'Run a command',
  description:
    'Runs a shell command in a sandbox and waits for its end. Answers what it printed and its exit code. Each call has a shell of its own: give `cwd` instead of calling cd before.',
  input: z.strictObject({ id: sandboxId, command, cwd, env, timeout }),
  output: z.object(ended),
  annotations: runs,
  async run({ id, command: line, cwd: folder, env: envs, timeout: seconds }, { platform, signal, progress }) {
    const sandbox = await platform.get(id)
    progress('running')
    const body = { command: line, cwd: folder, envs, timeout: seconds }
    // Broken off, the call ends what it has started.
    const { exitCode, result } = await sandbox.toolbox.call('executeCommand', { body }, { signal })
    return finish(result, exitCode)
  },
})

export const codeRun = defineTool({
  name: 'code_run',
  title: 'Run code',
  description:
    'Runs a piece of Python, JavaScript or TypeScript in a sandbox and waits for its end. Answers what it printed; figures of matplotlib come as images.',
  input: z.strictObject({
    id: sandboxId,
    code: z.string().min(1).max(limits.mcpTextLength).describe('The program; print what you want to know'),
    language: z.enum(['python', 'javascript', 'typescript']).default('python'),
    argv: z.array(z.string().max(4096)).max(1000).optional().describe('Arguments of the program, passed as they are'),
    env,
    timeout,
  }),
  output: z.object({ ...ended, charts: z.array(z.string()).describe('titles of the figures that it showed') }),
  annotations: runs,
  async run({ id, code, language, argv, env: envs, timeout: seconds }, { platform, signal, progress }) {
    const sandbox = await platform.get(id)
    progress(`running ${language}`)
    const body = { code, language, argv, envs, timeout: seconds }
    const { exitCode, result, artifacts } = await sandbox.toolbox.call('codeRun', { body }, { signal })
    const charts = artifacts?.charts ?? []
    const images = charts
      .map(({ png }) => png)
      .filter((png) => png !== undefined && png.length <= largestChart)
      .slice(0, mostCharts)
      .map((png): ContentBlock => ({ type: 'image', data: png as string, mimeType: 'image/png' }))
    const { text, structured } = finish(result, exitCode)
    return { text, structured: { ...structured, charts: charts.map(({ title }) => title) }, content: images }
  },
})

function finish(output: string, exitCode: number) {
  const { text, missing } = cutMiddle(output)
  const note =
    missing === 0
      ? ''
      : `\n(${missing} characters in the middle were left out; to read all of it, send it to a file and read that with file_download)`
  return {
    text: `${text === '' ? '(it printed nothing)' : text.replace(/\n$/, '')}${note}\nexit code ${exitCode}`,
    structured: {
      stdout: text,
      stderr: '',
      exitCode,
      errorType: exitCode === 0 ? '' : 'CommandFailed',
      missingCharacters: missing,
    },
  }
}
