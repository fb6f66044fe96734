import { realpath } from 'node:fs/promises'
import { PlatformError } from '@sandyard/protocol/errors'
import type { Tools } from '../tools.ts'
import { createGit, type Git } from './run-git.ts'

/** Where git calls work, and with which environment. */
export interface GitContext {
  /** absolute; relative paths of callers begin here */
  readonly workDir: string
  /** environment of commands in the sandbox, as it is now */
  readonly environment: () => Record<string, string>
  readonly tools: Pick<Tools, 'git' | 'gitAskpass'>
}

/** A caller's path as an absolute one; the system resolves the rest, links included (toolbox.md 2.1). */
export function absolutePath(context: GitContext, path: string): string {
  return path.startsWith('/') ? path : `${context.workDir}/${path}`
}

/** Git in the folder of a repository; a folder that is not there is no repository. */
export async function openRepository(context: GitContext, path: string, signal: AbortSignal): Promise<Git> {
  const folder = await realpath(absolutePath(context, path)).catch((cause: NodeJS.ErrnoException) => {
    const code = cause.code === 'EACCES' ? 'FILE_ACCESS_DENIED' : 'GIT_REPO_NOT_FOUND'
    throw new PlatformError(code, `There is no git repository at ${path}: ${cause.code ?? cause.message}`, { cause })
  })
  return createGit(context.tools, folder, context.environment(), signal)
}

/** Git outside of any repository. */
export function gitAnywhere(context: GitContext, signal: AbortSignal): Git {
  return createGit(context.tools, '/', context.environment(), signal)
}

/** Names of files for git's standard input, as there can be more than an argument list takes. */
export function pathspecs(files: readonly string[]): { args: readonly string[]; stdin: string } {
  if (files.some((file) => file === '' || file.includes('\0'))) {
    throw new PlatformError('INVALID_REQUEST_BODY', 'bad request: body: files: names must not be empty or contain NUL')
  }
  return { args: ['--pathspec-from-file=-', '--pathspec-file-nul'], stdin: files.join('\0') }
}

/** A branch name of a caller without `refs/heads/`, or undefined; refuses what would be an option or a refspec. */
export function readBranch(name: string | null | undefined): string | undefined {
  if (name === undefined || name === null || name === '') return undefined
  // biome-ignore lint/suspicious/noControlCharactersInRegex: git forbids them in names
  if (/^-|[\u0000-\u0020\u007f:?*[\\^~]|\.\.|@\{/.test(name)) {
    throw new PlatformError('BAD_REQUEST', `bad request: ${JSON.stringify(name.slice(0, 200))} is not a branch name`)
  }
  return name.replace(/^refs\/heads\//, '')
}
