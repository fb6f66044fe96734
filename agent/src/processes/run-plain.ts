import { statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { isFolder } from '../is-folder.ts'
import type { ShellCommand } from './execute.ts'
import { splitPlainCommand } from './plain-command.ts'
import { findProgram, isProgram } from './programs.ts'
import { endedWith, type JobContext, type Outcome, runJob } from './run.ts'
import { StartError } from './start.ts'

/** What shells do themselves: it tells more than “not found”. */
const builtIn = new Set(
  '. : alias bg break cd command continue eval exec exit export fg getopts hash jobs local read readonly return set shift source times trap type ulimit umask unalias unset wait'.split(
    ' ',
  ),
)

const noShell = 'this image has no shell'

/**
 * Runs a command in an image that has no shell: one program with its arguments. What only a shell can do, and what is
 * not there, ends with 127; what cannot be run with 126; both say why.
 */
export async function runPlainCommand(
  context: JobContext,
  command: ShellCommand,
  signal: AbortSignal,
): Promise<Outcome> {
  const plain = splitPlainCommand(command.command)
  if ('needs' in plain)
    return endedWith(127, `sh: not found: ${noShell}, and the command needs one for ${plain.needs}\n`)
  const [name, ...args] = plain.words
  if (name === undefined) return endedWith(0, '')
  const { cwd, timeout } = command
  const variables = { ...command.variables, ...plain.variables }
  const file = name.includes('/') ? resolve(cwd, name) : findProgram(name, variables)
  const wrong = file === null ? whyNotFound(name, variables) : whyNot(name, file, cwd)
  if (file === null || wrong !== null) return endedWith(wrong?.exitCode ?? 127, `${name}: ${wrong?.reason}\n`)
  try {
    return await runJob(context, { file, args, cwd, variables, script: null, timeout }, signal)
  } catch (thrown) {
    if (!(thrown instanceof StartError) || !isFolder(cwd)) throw thrown
    if (thrown.code === 'ENOENT') {
      return endedWith(127, `${name}: cannot be run: the interpreter or loader that it needs is not in this image\n`)
    }
    if (thrown.code === 'EACCES') return endedWith(126, `${name}: permission denied\n`)
    throw thrown
  }
}

interface Wrong {
  readonly exitCode: 126 | 127
  readonly reason: string
}

function whyNotFound(name: string, variables: Readonly<Record<string, string>>): Wrong {
  if (builtIn.has(name)) return { exitCode: 127, reason: `not found: it is a part of shells, and ${noShell}` }
  const isOnPath = (variables.PATH ?? '').split(delimiter).some((folder) => isFile(join(folder, name)))
  return isOnPath ? { exitCode: 126, reason: 'permission denied' } : { exitCode: 127, reason: 'not found' }
}

/** Null for what can be run, what was found on the PATH, and where there is no folder to start in: the start says so. */
function whyNot(name: string, file: string, cwd: string): Wrong | null {
  if (!name.includes('/') || !isFolder(cwd) || isProgram(file)) return null
  if (isFolder(file)) return { exitCode: 126, reason: 'is a folder' }
  return isFile(file) ? { exitCode: 126, reason: 'permission denied' } : { exitCode: 127, reason: 'not found' }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false // absent or out of reach
  }
}
