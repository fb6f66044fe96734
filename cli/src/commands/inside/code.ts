import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { defineCommand } from '../../command.ts'
import { CommandError, exitCodes, usageError } from '../../exit-codes.ts'
import { sandboxArgument } from '../sandbox/arguments.ts'

export const code = defineCommand({
  path: ['code'],
  summary: 'Run code in a sandbox: Python that keeps its variables, or a program of its own',
  more: 'The code is that of a file, of `--code`, or standard input. Python runs in the interpreter, whose variables the next run finds; `--fresh` and the other languages begin anew. An exception ends with code 1.',
  args: {
    sandbox: sandboxArgument,
    file: { count: 'optional', doc: 'file of this machine, `-` is standard input', completes: 'file' },
  },
  flags: {
    code: { type: 'text', short: 'c', value: 'CODE', doc: 'the code itself' },
    language: {
      type: 'text',
      short: 'l',
      value: 'LANGUAGE',
      choices: ['python', 'typescript', 'javascript'],
      doc: 'default python, or what the file is called after',
    },
    fresh: { type: 'switch', doc: 'Python without variables of earlier runs' },
    context: { type: 'text', value: 'ID', doc: 'variables of this context of the interpreter' },
    env: { type: 'pairs', short: 'e', value: 'NAME=VALUE', doc: 'variable of this run' },
    timeout: { type: 'number', value: 'SECONDS', min: 0, doc: 'longest run, 0 no limit, default 600' },
  },
  examples: [
    { does: 'a line', line: "sandyard code box -c 'x = 6 * 7; print(x)'" },
    { does: 'the next one knows it', line: "sandyard code box -c 'print(x + 1)'" },
    { does: 'a file', line: 'sandyard code box analyse.py' },
  ],
  async run({ args, flags, platform, screen, folder, signal }) {
    if (flags.code !== undefined && args.file !== undefined) throw usageError('give a file or --code, not both')
    const source = flags.code ?? (await readSource(args.file, folder))
    if (source.trim() === '') throw usageError('there is no code to run')
    const language = (flags.language ?? languageOf(args.file)) as ReturnType<typeof languageOf>
    const sandbox = await (await platform()).get(args.sandbox)
    if (language !== 'python' || flags.fresh) {
      const body = {
        code: source,
        language,
        envs: flags.env,
        ...(flags.timeout === undefined ? {} : { timeout: flags.timeout }),
      }
      const { exitCode, result } = await sandbox.toolbox.call('codeRun', { body }, { signal })
      await screen.write(result)
      return exitCode < 0 ? exitCodes.failed : exitCode
    }
    let order: Promise<unknown> = Promise.resolve()
    const { error } = await sandbox.codeInterpreter.runCode(source, {
      envs: flags.env,
      signal,
      ...(flags.context === undefined ? {} : { context: await contextOf(sandbox.codeInterpreter, flags.context) }),
      ...(flags.timeout === undefined ? {} : { timeout: flags.timeout }),
      onStdout: ({ output }) => {
        order = order.then(() => screen.write(output))
        return order
      },
      onStderr: ({ output }) => process.stderr.write(output),
    })
    await order
    if (error === undefined) return undefined
    process.stderr.write(`${error.traceback || `${error.name}: ${error.value}`}`.replace(/\n*$/, '\n'))
    return exitCodes.failed
  },
})

async function readSource(file: string | undefined, folder: string): Promise<string> {
  if (file === undefined || file === '-') {
    if (process.stdin.isTTY) throw usageError('there is no code', "sandyard code box -c 'print(1)'")
    return await text(process.stdin)
  }
  return await readFile(resolve(folder, file), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw usageError(`${file} cannot be read: ${error.code ?? error.message}`)
  })
}

function languageOf(file = ''): 'python' | 'typescript' | 'javascript' {
  if (/\.[cm]?ts$/.test(file)) return 'typescript'
  return /\.[cm]?js$/.test(file) ? 'javascript' : 'python'
}

async function contextOf<C extends { readonly id: string }>(
  interpreter: { listContexts(): Promise<readonly C[]> },
  id: string,
): Promise<C> {
  const found = (await interpreter.listContexts()).find((context) => context.id === id)
  if (found === undefined) throw new CommandError(`there is no context ${id}`, exitCodes.notFound)
  return found
}
