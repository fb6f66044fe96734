import { errorAnswerBytes, readStart } from '../answer-text.ts'
import { Daytona } from '../daytona.ts'
import { DaytonaError, DaytonaNotFoundError, DaytonaTimeoutError } from '../errors.ts'
import { quoteWord } from '../quote.ts'
import type { Sandbox } from '../sandbox.ts'
import { waitUntil } from '../waiting.ts'
import { cleanUpAtSignals } from './clean-up.ts'
import { instructions, openCodeConfig, portPattern } from './config.ts'
import { installOpenCode, lastOf } from './install.ts'
import { defaultSandbox, hostsOfKey, type OpenCodeServerOptions, openCodeVersion } from './options.ts'

const session = 'opencode'
const username = 'opencode'
/** s until the server must answer */
const defaultTimeout = 120
/**
 * So many ms one look whether it answers may take. OpenCode answers nothing that comes in its first moments, not even
 * later: so a look is short at first, and longer when it was too short, for busy machines.
 */
const [firstLookMs, longestLookMs] = [500, 10_000]
/** any port but the server's: previews differ in it alone */
const anyPort = 1234

/** An OpenCode server that answers. `close`, or `await using`, deletes its sandbox. */
export class OpenCodeServer implements AsyncDisposable {
  readonly sandbox: Sandbox
  /** of the project, relative to the sandbox's work dir */
  readonly path: string
  readonly branch: string
  /** where it answers: its pages for browsers, its API for programs that can find the name */
  readonly serverUrl: string
  /** where its API answers whatever names this machine can find: the same, but where previews are names below `localhost` */
  readonly apiUrl: string
  /** URL of any port, with `{PORT}` in its place; null where each needs a token */
  readonly previewUrlPattern: string | null
  readonly username = username
  readonly password: string
  /** headers that open it, at either URL */
  readonly headers: Readonly<Record<string, string>>
  readonly #parts: Parts

  constructor(parts: Parts, reached: Reached) {
    this.sandbox = parts.sandbox
    this.path = parts.path
    this.branch = parts.branch
    this.password = parts.password
    this.#parts = parts
    this.serverUrl = reached.url
    this.apiUrl = reached.apiUrl
    this.previewUrlPattern = reached.pattern
    this.headers = reached.headers
  }

  get sandboxId(): string {
    return this.sandbox.id
  }

  /** names of the secrets that keys of providers were made */
  get secretNames(): readonly string[] {
    return this.#parts.secretNames
  }

  /** that it listens on */
  get port(): number {
    return this.#parts.port
  }

  /** Value of the header `Authorization`. */
  get authorization(): string {
    return basic(this.password)
  }

  /** Opens its pages in a browser without asking for the password: as secret as that. */
  get browserUrl(): string {
    const url = new URL(this.serverUrl)
    url.username = username
    url.password = this.password
    return url.href
  }

  /** Starts the server again, and its sandbox where that rests. */
  async restart(): Promise<void> {
    await this.sandbox.refreshData()
    if (this.sandbox.state !== 'started') await this.sandbox.start()
    await serve(this.#parts, this)
  }

  /** Deletes the sandbox, and the secrets that were made for it. */
  async close(): Promise<void> {
    await this.#parts.remove()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** What a server is made of. */
interface Parts {
  readonly sandbox: Sandbox
  readonly path: string
  readonly branch: string
  readonly password: string
  readonly port: number
  readonly secretNames: readonly string[]
  /** s */
  readonly timeout: number
  readonly signal: AbortSignal | undefined
  /** starts the server, and goes on as it */
  readonly script: string
  remove(): Promise<void>
}

/** How it is reached. */
interface Reached {
  readonly url: string
  readonly apiUrl: string
  readonly pattern: string | null
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Makes a sandbox in which `opencode serve` answers behind a password, on a repository if one is named.
 *
 *     await using server = await setupOpenCodeServer({ repository: 'https://github.com/owner/repo.git' })
 *     const client = createOpencodeClient({ baseUrl: server.apiUrl, headers: server.headers })
 *
 * It can also be called as documents do it: `setupOpenCodeServer(repository, branch, port)`, with port 3000 unless
 * another is given. Whatever fails, nothing is left behind.
 *
 * @throws DaytonaError that says which step has failed, with the end of what was printed
 */
export async function setupOpenCodeServer(
  options?: OpenCodeServerOptions | string,
  branch = 'main',
  port = 3000,
): Promise<OpenCodeServer> {
  const asked = typeof options === 'string' ? { repository: options, branch, port } : options
  return await setUp(asked ?? {})
}

async function setUp(options: OpenCodeServerOptions): Promise<OpenCodeServer> {
  const { client = new Daytona(), repository, port = 4096, onProgress = () => {}, signal } = options
  const made: { sandbox?: Promise<Sandbox>; readonly secretIds: string[] } = { secretIds: [] }
  let removal: Promise<void> | undefined
  const remove = (): Promise<void> => {
    removal ??= removeAll().catch((error: unknown) => {
      removal = undefined
      throw error
    })
    return removal
  }
  const stop = options.cleanUp === false ? () => {} : cleanUpAtSignals(remove)
  async function removeAll(): Promise<void> {
    stop()
    const sandbox = await made.sandbox?.catch(() => undefined)
    await sandbox?.delete().catch(ignoreMissing)
    for (const id of made.secretIds) await client.secret.delete(id).catch(ignoreMissing)
  }

  try {
    const ofKeys = await makeSecrets(client, options.keys ?? {}, made.secretIds)
    const secrets = { ...options.secrets, ...ofKeys }
    signal?.throwIfAborted()
    onProgress('Making a sandbox')
    const { version = openCodeVersion, snapshot, env } = options
    const labels = { ...options.sandbox?.labels, 'sandyard.opencode': version }
    made.sandbox = client.create({ ...defaultSandbox, ...options.sandbox, labels, snapshot, env, secrets })
    const sandbox = await made.sandbox
    signal?.throwIfAborted()
    const { path, branch } = await bringProject(sandbox, options, onProgress)
    signal?.throwIfAborted()
    const program = await installOpenCode(sandbox, version, onProgress)
    signal?.throwIfAborted()
    const password = options.password ?? crypto.randomUUID().replaceAll('-', '')
    const reached = await reach(client, sandbox, port, password)
    const folder = `${await sandbox.getWorkDir()}/${path}`
    const home = await sandbox.getUserHomeDir()
    const script = `${home}/.config/sandyard/opencode-serve.sh`
    const notes = `${home}/.config/sandyard/opencode-instructions.md`
    const variables = {
      OPENCODE_CONFIG_CONTENT: openCodeConfig(notes, options.config),
      OPENCODE_SERVER_USERNAME: username,
      OPENCODE_SERVER_PASSWORD: password,
    }
    await sandbox.process.executeCommand(`mkdir -p -m 700 ${quoteWord(`${home}/.config/sandyard`)}`)
    const text = new TextEncoder()
    await sandbox.fs.uploadFile(text.encode(instructions({ folder, previewUrlPattern: reached.pattern, port })), notes)
    await sandbox.fs.uploadFile(text.encode(startScript(variables, folder, program, port)), script)
    await sandbox.fs.setFilePermissions(script, { mode: '700' })
    const { timeout = defaultTimeout } = options
    const secretNames = Object.values(ofKeys)
    const parts: Parts = { sandbox, path, branch, password, port, secretNames, timeout, signal, script, remove }
    onProgress('Starting the server')
    const server = new OpenCodeServer(parts, reached)
    await serve(parts, server)
    onProgress(repository === undefined ? 'The server answers' : `The server answers, on branch ${branch}`)
    return server
  } catch (error) {
    // What went wrong first is what is told.
    await remove().catch(() => {})
    throw error
  }
}

/** Keeps the keys of providers as secrets of the platform; gives their names by variable. */
async function makeSecrets(
  client: Daytona,
  keys: Readonly<Record<string, string>>,
  secretIds: string[],
): Promise<Record<string, string>> {
  const wanted = Object.entries(keys).map(([variable, value]) => ({ variable, value, hosts: hostsOfKey(variable) }))
  const names: Record<string, string> = {}
  for (const { variable, value, hosts } of wanted) {
    const name = `opencode-${crypto.randomUUID().slice(0, 8)}-${variable.toLowerCase().replaceAll('_', '-')}`
    const { id } = await client.secret.create({ name, value, hosts, description: 'Key of an OpenCode server' })
    secretIds.push(id)
    names[variable] = name
  }
  return names
}

/** Clones the repository, or makes an empty folder. */
async function bringProject(
  sandbox: Sandbox,
  { repository, branch, username, token }: OpenCodeServerOptions,
  onProgress: (text: string) => void,
): Promise<{ path: string; branch: string }> {
  if (repository === undefined) {
    await sandbox.fs.createFolder('workspace', '755')
    return { path: 'workspace', branch: branch ?? '' }
  }
  onProgress(`Cloning ${repository}`)
  const path = 'workspace/repo'
  const login = token === undefined ? undefined : (username ?? 'git')
  await sandbox.git.clone(repository, path, branch, undefined, login, token)
  return { path, branch: branch ?? (await sandbox.git.status(path)).currentBranch }
}

/** Where the server will be reached, and all other ports. */
async function reach(client: Daytona, sandbox: Sandbox, port: number, password: string): Promise<Reached> {
  const { url, token } = await sandbox.getPreviewLink(port)
  // Browsers take every name below localhost for this machine; the resolvers of programs mostly do not know them.
  const { hostname } = new URL(url)
  const byPath = `${new URL(client.client.settings.apiUrl).origin}/preview/${sandbox.id}/${port}`
  const apiUrl = hostname.endsWith('.localhost') ? byPath : url.replace(/\/$/, '')
  // By path a preview always asks for its token.
  const isOpen = sandbox.public && apiUrl !== byPath
  const authorization = { authorization: basic(password) }
  const headers = isOpen ? authorization : { ...authorization, 'x-daytona-preview-token': token }
  const pattern = sandbox.public ? portPattern((await sandbox.getPreviewLink(anyPort)).url, anyPort) : null
  return { url, apiUrl, pattern, headers }
}

/** A shell script that becomes the server. Values are in it and in no command line, which everybody inside can read. */
function startScript(
  variables: Readonly<Record<string, string>>,
  folder: string,
  program: string,
  port: number,
): string {
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quoteWord(value)}`)
  return `#!/bin/sh
${lines.join('\n')}
cd ${quoteWord(folder)} || exit
exec ${quoteWord(program)} serve --port ${port} --hostname 0.0.0.0
`
}

/** Starts the server, in place of one that runs, and waits until it answers with a configuration that it understands. */
async function serve(parts: Parts, { apiUrl, headers }: OpenCodeServer): Promise<void> {
  const { sandbox, script, timeout, signal } = parts
  await sandbox.process.deleteSession(session).catch(ignoreMissing)
  await sandbox.process.createSession(session)
  const request = { command: quoteWord(script), runAsync: true }
  const { cmdId } = await sandbox.process.executeSessionCommand(session, request)
  const failed = async (what: string): Promise<DaytonaError> => {
    const { stdout, stderr } = await sandbox.process.getSessionCommandLogs(session, cmdId)
    return new DaytonaError(`The OpenCode server ${what}: ${lastOf(`${stdout}${stderr}`)}`)
  }
  let last = ''
  let lookMs = firstLookMs
  const look = async (): Promise<boolean> => {
    const { exitCode } = await sandbox.process.getSessionCommand(session, cmdId)
    if (exitCode !== undefined) throw await failed(`ended with ${exitCode}`)
    const beganMs = performance.now()
    const health = await ask(parts, `${apiUrl}/global/health`, headers, lookMs)
    if (performance.now() - beganMs >= lookMs) lookMs = Math.min(lookMs * 2, longestLookMs)
    if (health !== undefined) last = `, at last ${health.status}: ${health.text.slice(0, 300)}`
    if (health?.status !== 200) return false
    // It is healthy with a broken configuration too, and then fails in every call (opencode.md 1).
    const config = await ask(parts, `${apiUrl}/config`, headers, longestLookMs)
    if (config !== undefined && config.status !== 200)
      throw await failed(`does not take its configuration (${config.status}: ${lastOf(config.text)})`)
    return config !== undefined
  }
  try {
    await waitUntil({ what: 'The OpenCode server did not answer', look, timeout, signal })
  } catch (error) {
    throw error instanceof DaytonaTimeoutError ? await failed(`did not answer within ${timeout} s${last}`) : error
  }
}

/** One request; `undefined` when there is no answer. */
async function ask(
  { signal }: Parts,
  url: string,
  headers: Readonly<Record<string, string>>,
  mostMs: number,
): Promise<{ status: number; text: string } | undefined> {
  const late = AbortSignal.timeout(mostMs)
  const joined = signal === undefined ? late : AbortSignal.any([late, signal])
  // Other programs of the sandbox may listen there; a redirect could lead to what only this machine reaches.
  const options = { headers, signal: joined, redirect: 'manual' as const }
  try {
    const response = await fetch(url, options)
    return { status: response.status, text: (await readStart(response, errorAnswerBytes)).text }
  } catch {
    signal?.throwIfAborted()
    return undefined
  }
}

function basic(password: string): string {
  return `Basic ${btoa(`${username}:${password}`)}`
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof DaytonaNotFoundError)) throw error
}
