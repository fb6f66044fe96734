import { dirname } from 'node:path'

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

/**
 * Environment of a git that nobody sits in front of.
 * @param base environment of commands in the sandbox: the user's proxies, keys and settings hold here too
 * @param folder the repository; one that lies further up is not taken for it
 */
export function gitEnvironment(base: Readonly<Record<string, string>>, folder: string): Record<string, string> {
  const env: Record<string, string> = { ...base }
  for (const name of dropped) delete env[name]
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
