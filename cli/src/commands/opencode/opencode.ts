import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Daytona, OpenCodeServer } from '@sandyard/sdk'
import { showInBrowser } from '../../browser.ts'
import { defineCommand } from '../../command.ts'
import { CommandError, exitCodes, usageError } from '../../exit-codes.ts'
import type { Screen, Shown } from '../../screen.ts'

/** Whether the sandbox is still there is asked so often, ms. */
const lookMs = 30_000

export const opencode = defineCommand({
  path: ['opencode'],
  summary: 'Run an OpenCode server in a sandbox made for it, until Ctrl-C',
  more: 'The server answers at a public URL behind a password, with a repository if one is named. It is made from the snapshot `opencode-<version>`, which the first use makes. Keys of model providers never enter the sandbox: `--key` takes them from the environment of this command and keeps them as secrets of the platform while the server is there. Ctrl-C deletes the sandbox, so push what is to stay; with `--detach` it stays, and stops after two hours without use.',
  args: { repository: { count: 'optional', doc: 'URL to clone from' } },
  flags: {
    repo: { type: 'text', value: 'URL', doc: 'the same as the argument' },
    branch: { type: 'text', short: 'b', value: 'NAME', doc: 'branch, default the repository’s own' },
    port: { type: 'number', short: 'p', value: 'PORT', min: 1, max: 65_535, doc: 'port of the server, default 4096' },
    key: { type: 'texts', short: 'k', value: 'VARIABLE', doc: 'key of a model provider, such as ANTHROPIC_API_KEY' },
    secret: { type: 'pairs', value: 'VARIABLE=SECRET', doc: 'variable that stands for a secret of the platform' },
    env: { type: 'pairs', short: 'e', value: 'NAME=VALUE', doc: 'variable of all that runs in the sandbox' },
    config: { type: 'text', value: 'FILE', doc: 'configuration of OpenCode, JSON, over what is set here' },
    username: { type: 'text', value: 'NAME', doc: 'login at the git server, default git' },
    'token-env': { type: 'text', value: 'VARIABLE', doc: 'variable of this command with the token for it' },
    snapshot: { type: 'text', value: 'NAME', doc: 'snapshot; OpenCode is installed where it has none' },
    'opencode-version': { type: 'text', value: 'VERSION', doc: 'version of opencode-ai' },
    name: { type: 'text', value: 'NAME', doc: 'name of the sandbox' },
    cpu: { type: 'number', value: 'CORES', min: 0, doc: 'cores, default 2' },
    memory: { type: 'number', value: 'GIB', min: 0, doc: 'memory in GiB, default 2' },
    disk: { type: 'number', value: 'GIB', min: 0, doc: 'disk in GiB, default 5' },
    private: { type: 'switch', doc: 'previews need a token beside the password' },
    detach: { type: 'switch', short: 'd', doc: 'leave it running' },
    open: { type: 'switch', doc: 'open its pages in the browser' },
  },
  examples: [
    {
      does: 'on a branch, with a key of this shell',
      line: 'sandyard opencode https://github.com/owner/repo.git -b main -k ANTHROPIC_API_KEY',
    },
    {
      does: 'in an empty folder, with a secret that is there',
      line: 'sandyard opencode --secret OPENAI_API_KEY=openai',
    },
    { does: 'for a script, which deletes it itself', line: 'sandyard opencode --detach -o json' },
  ],
  cleansUp: true,
  async run({ args, flags, platform, screen, env, folder, signal }) {
    if (args.repository !== undefined && flags.repo !== undefined) throw usageError('name the repository once')
    const repository = args.repository ?? flags.repo
    if (flags.branch !== undefined && repository === undefined) throw usageError('--branch goes with a repository')
    const keys = Object.fromEntries(flags.key.map((name) => [name, required(env, name, '--key')]))
    const tokenVariable = flags['token-env']
    const token = tokenVariable === undefined ? undefined : required(env, tokenVariable, '--token-env')
    const config = flags.config === undefined ? undefined : await readConfig(resolve(folder, flags.config))
    const client = await platform()
    const { openCodeVersion, setupOpenCodeServer } = await import('@sandyard/sdk')
    const version = flags['opencode-version'] ?? openCodeVersion
    const progress = screen.progress('Starting')
    let server: OpenCodeServer
    try {
      const onProgress = (text: string): void => progress.change(text)
      const common = { client, version, env: { ...flags.env }, onProgress, signal }
      const snapshot = flags.snapshot ?? (await findSnapshot(common, screen))
      const { cpu, memory, disk, name } = flags
      server = await setupOpenCodeServer({
        ...common,
        snapshot,
        repository,
        branch: flags.branch,
        username: flags.username,
        token,
        ...(flags.port === undefined ? {} : { port: flags.port }),
        keys,
        secrets: { ...flags.secret },
        config,
        sandbox: { ...given({ cpu, memory, disk, name }), public: !flags.private },
        // This command ends at signals by itself, and takes back what there is.
        cleanUp: false,
      })
    } catch (error) {
      if (signal.aborted) throw new CommandError('interrupted', exitCodes.interrupted)
      throw error
    } finally {
      progress.end()
    }
    try {
      screen.one(server, shown)
      if (flags.open) await showInBrowser(server.browserUrl, env)
      if (flags.detach) {
        const lines = [
          `sandyard delete ${server.sandbox.name}`,
          ...server.secretNames.map((name) => `sandyard secret delete ${name}`),
        ]
        screen.note(`It stays until you say: ${lines.join(' && ')}`)
        return undefined
      }
      screen.note('Ctrl-C deletes it with all that was not pushed')
      await untilOver(server, signal)
    } catch (error) {
      await server.close().catch(() => {})
      throw error
    }
    const ending = screen.progress('Deleting the sandbox')
    try {
      await server.close()
    } finally {
      ending.end()
    }
    return exitCodes.interrupted
  },
})

/** The snapshot that has OpenCode, made where it is missing; none where this key may not make snapshots. */
async function findSnapshot(
  common: { client: Daytona; version: string; env: Record<string, string>; onProgress: (text: string) => void },
  screen: Screen,
): Promise<string | undefined> {
  const { DaytonaForbiddenError, prepareOpenCodeSnapshot } = await import('@sandyard/sdk')
  try {
    return await prepareOpenCodeSnapshot(common)
  } catch (error) {
    if (!(error instanceof DaytonaForbiddenError)) throw error
    screen.note('This key may make no snapshots, so OpenCode is installed anew')
    return undefined
  }
}

const shown: Shown<OpenCodeServer> = {
  columns: [
    { title: 'url', text: ({ serverUrl }) => serverUrl },
    { title: 'user', text: ({ username }) => username },
    { title: 'password', text: ({ password }) => password },
    { title: 'browser', text: ({ browserUrl }) => browserUrl },
    { title: 'terminal', text: attachLine },
    { title: 'sandbox', text: ({ sandbox }) => sandbox.name },
    { title: 'branch', text: ({ branch }) => branch },
    { title: 'previews', text: ({ previewUrlPattern }) => previewUrlPattern ?? 'with a token each' },
  ],
  name: ({ serverUrl }) => serverUrl,
  whole: (server) => {
    const { sandboxId, serverUrl, apiUrl, browserUrl, username, password, headers, path, branch } = server
    const { previewUrlPattern } = server
    return { sandboxId, serverUrl, apiUrl, browserUrl, username, password, headers, path, branch, previewUrlPattern }
  },
}

/** How OpenCode on this machine is led there: it sends no token of ours, and finds no names below localhost. */
function attachLine({ apiUrl, password, port, sandbox }: OpenCodeServer): string {
  if (new URL(apiUrl).pathname === '/') return `opencode attach ${apiUrl} --password ${password}`
  const attach = `opencode attach http://localhost:${port} --password ${password}`
  return `sandyard port-forward ${sandbox.name} ${port}, and beside it: ${attach}`
}

/** Waits for the end of the command, or of the sandbox, which then is an error. */
async function untilOver(server: OpenCodeServer, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await new Promise<void>((done) => {
      const timer = setTimeout(done, lookMs)
      const end = (): void => {
        clearTimeout(timer)
        done()
      }
      if (signal.aborted) end()
      signal.addEventListener('abort', end, { once: true })
    })
    if (signal.aborted) return
    const { DaytonaNotFoundError } = await import('@sandyard/sdk')
    try {
      await server.sandbox.refreshData()
    } catch (error) {
      if (error instanceof DaytonaNotFoundError) throw new CommandError('the sandbox was deleted by somebody else', 1)
      continue // the platform may be on its way back
    }
    const { state, name } = server.sandbox
    if (state === 'stopped') throw new CommandError(`${name} was not used and has stopped; it is deleted now`, 1)
  }
}

function required(env: Readonly<Record<string, string | undefined>>, name: string, flag: string): string {
  const value = env[name]
  if (value === undefined || value === '') throw usageError(`${flag} ${name}: there is no such variable here`)
  return value
}

async function readConfig(file: string): Promise<Record<string, unknown>> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch {
    throw usageError(`${file} cannot be read`)
  }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {}
  throw usageError(`${file} is no JSON object`)
}

function given<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}
