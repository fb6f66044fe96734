import type { ApiOperations, InputOf } from '@sandyard/sdk'
import type { CommandInput } from '../../command.ts'
import { readHidden } from '../../confirm.ts'
import { readEnvFiles } from '../../env-file.ts'
import { usageError } from '../../exit-codes.ts'

/** What a repository is served with; all of it is kept for the repository. */
export const servingFlags = {
  root: { type: 'text', value: 'FOLDER', doc: 'folder of the repository with the application' },
  mode: {
    type: 'text',
    value: 'MODE',
    choices: ['production', 'development'],
    doc: 'serve what was built, or the sources: production or development',
  },
  install: { type: 'text', value: 'COMMAND', doc: 'command that installs packages; empty: none' },
  build: { type: 'text', value: 'COMMAND', doc: 'command that builds; empty: none' },
  start: { type: 'text', value: 'COMMAND', doc: 'command that serves' },
  port: { type: 'number', short: 'p', value: 'PORT', min: 1, max: 65_535, doc: 'port that it listens on' },
  env: { type: 'pairs', short: 'e', value: 'NAME=VALUE', doc: 'variable of its commands' },
  'env-file': { type: 'texts', value: 'FILE', doc: 'file of such variables; --env wins over it' },
  secret: { type: 'texts', value: 'NAME', doc: 'secret that its programs may use; never in previews of forks' },
  snapshot: { type: 'text', value: 'NAME', doc: 'snapshot of its sandboxes' },
  cpu: { type: 'number', value: 'CORES', min: 0, doc: 'cores' },
  memory: { type: 'number', value: 'GIB', min: 0, doc: 'memory in GiB' },
  disk: { type: 'number', value: 'GIB', min: 0, doc: 'disk in GiB' },
  public: { type: 'switch', doc: 'whoever has the URL sees it; so it is where no token is needed' },
  private: { type: 'switch', doc: 'only who may use the sandbox sees it' },
  'auto-stop': { type: 'number', value: 'MINUTES', min: 0, doc: 'rest after so long without a request; 0 never' },
  'token-stdin': { type: 'switch', doc: 'read the token of the git host, asked for or from standard input' },
  'token-env': { type: 'text', value: 'VARIABLE', doc: 'variable of this command with that token' },
  username: { type: 'text', short: 'u', value: 'NAME', doc: 'name that goes with the token' },
} as const

/** What these flags make of a body; what is not said is not there. */
export type Serving = Omit<InputOf<ApiOperations['createPreview']>['body'], 'repository' | 'branch'>

type Input = Pick<CommandInput<Record<never, never>, typeof servingFlags>, 'flags' | 'env' | 'folder'>

/** Reads them. Throws a usage error for what contradicts itself. */
export async function readServing({ flags, env, folder }: Input): Promise<Serving> {
  if (flags.public && flags.private) throw usageError('--public and --private do not go together')
  const variables = { ...(await readEnvFiles(flags['env-file'], folder)), ...flags.env }
  const token = await readToken({ flags, env })
  return dropAbsent({
    rootDirectory: flags.root,
    mode: flags.mode as Serving['mode'],
    install: commandOf(flags.install),
    build: commandOf(flags.build),
    start: flags.start,
    port: flags.port,
    env: Object.keys(variables).length === 0 ? undefined : variables,
    secrets: flags.secret.length === 0 ? undefined : flags.secret,
    snapshot: flags.snapshot,
    cpu: flags.cpu,
    memory: flags.memory,
    disk: flags.disk,
    public: flags.public ? true : flags.private ? false : undefined,
    autoStopInterval: flags['auto-stop'],
    token,
    username: flags.username,
  })
}

async function readToken({ flags, env }: Pick<Input, 'flags' | 'env'>): Promise<string | undefined> {
  const variable = flags['token-env']
  if (variable !== undefined && flags['token-stdin']) throw usageError('give one of --token-stdin and --token-env')
  if (variable !== undefined) {
    const token = env[variable] ?? ''
    if (token === '') throw usageError(`--token-env ${variable}: there is no such variable here`)
    return token
  }
  if (!flags['token-stdin']) return undefined
  const token = await readHidden('Token of the git host: ')
  if (token === '') throw usageError('there was no token to read')
  return token
}

function commandOf(text: string | undefined): string | null | undefined {
  return text === '' ? null : text
}

function dropAbsent<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}
