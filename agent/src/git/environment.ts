import { dirname } from 'node:path'
import { findProgram } from '../processes/programs.ts'
import type { GitTools } from '../tools.ts'

/** Variables that point git at another repository or give pathspecs another meaning, and ways to ask a person. */
const dropped = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_COMMON_DIR',
  'GIT_NAMESPACE',
  'GIT_PREFIX',
  'GIT_CONFIG',
  'GIT_SHALLOW_FILE',
  'GIT_GLOB_PATHSPECS',
  'GIT_NOGLOB_PATHSPECS',
  'GIT_LITERAL_PATHSPECS',
  'GIT_ICASE_PATHSPECS',
  'SSH_ASKPASS',
]

/** Libraries that a user has put into every program of the image; ours has another libc. */
const foreignLibraries = ['LD_PRELOAD', 'LD_AUDIT']

/**
 * Environment of a git that nobody sits in front of.
 * @param base environment of commands in the sandbox: the user's proxies, keys and settings hold here too
 * @param folder the repository; one that lies further up is not taken for it
 * @param own our git, where it is not the image's
 */
export function gitEnvironment(
  base: Readonly<Record<string, string>>,
  folder: string,
  own: GitTools | null,
): Record<string, string> {
  const env: Record<string, string> = { ...base }
  for (const name of dropped) delete env[name]
  if (own !== null) {
    for (const name of foreignLibraries) delete env[name]
    env.GIT_EXEC_PATH = own.execPath
    // That of the image fits the image's settings; a user's own choice goes before either.
    if (env.GIT_SSH === undefined && findProgram('ssh', env) === null) env.GIT_SSH = own.ssh
  }
  return {
    ...env,
    // Failures are recognised by their English text.
    LC_ALL: 'C',
    LANGUAGE: '',
    GIT_TERMINAL_PROMPT: '0',
    GIT_EDITOR: ':',
    // Reading must not take the lock that a command of the user is waiting for.
    GIT_OPTIONAL_LOCKS: '0',
    GIT_CEILING_DIRECTORIES: dirname(folder),
  }
}
