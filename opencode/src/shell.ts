import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { join, relative } from 'node:path'
import type { Box, OpenBox } from './box.ts'
import { isAlive } from './file-lock.ts'
import { clientScript, shellScript } from './shell-scripts.ts'

/**
 * What OpenCode takes for its shell: `!command` and whatever else it would run on the user's machine goes to the sandbox
 * of its session. Without the plugin behind it, or without a session, it runs nothing.
 */
export interface Shell extends AsyncDisposable {
  /** program for `shell` of OpenCode's configuration */
  readonly program: string
  /** variables that the program needs for a session */
  variables(session: string | undefined): Record<string, string>
}

export interface ShellPlace {
  /** folder for programs and socket, which others cannot write to */
  readonly folder: string
  /** for a socket whose name would be too long there */
  readonly temporary: string
  /** where OpenCode was started */
  readonly directory: string
  readonly openBox: OpenBox
}

/** bytes that a socket's path may have, on all systems */
const longestSocket = 100
/** longest command, bytes */
const longestRequest = 1024 * 1024
const folderPrefix = 'shell-'

interface Request {
  readonly session: string
  readonly command: string
  /** on the user's machine */
  readonly cwd: string
}

/** Makes the program and waits for commands. */
export async function startShell(place: ShellPlace): Promise<Shell> {
  await mkdir(place.folder, { recursive: true, mode: 0o700 })
  await removeOld(place.folder)
  const folder = await mkdtemp(join(place.folder, `${folderPrefix}${process.pid}-`))
  const near = join(folder, 'socket')
  const isNear = Buffer.byteLength(near) <= longestSocket
  const far = isNear ? null : await mkdtemp(join(shortOf(place.temporary), 'sandyard-'))
  const socket = far === null ? near : join(far, 'socket')
  const client = join(folder, 'client.mjs')
  const program = join(folder, 'sandbox-shell')
  await writeFile(client, clientScript, { mode: 0o600 })
  await writeFile(program, shellScript({ runtime: process.execPath, client, folder }), { mode: 0o700 })
  const server = createServer((connection) => {
    serve(connection, place).catch((error: unknown) => {
      connection.destroy(error instanceof Error ? error : undefined)
    })
  })
  const connections = new Set<Socket>()
  server.on('connection', (connection) => {
    connections.add(connection)
    connection.once('close', () => connections.delete(connection))
    connection.on('error', () => {})
  })
  await listen(server, socket)
  // It keeps nobody from ending, and OpenCode may begin a folder anew while it ends.
  server.unref()
  const removeAll = (): void => {
    for (const made of [folder, far]) if (made !== null) rmSync(made, { recursive: true, force: true })
  }
  process.once('exit', removeAll)
  return {
    program,
    variables: (session) => ({
      SANDYARD_OPENCODE_SOCKET: socket,
      SANDYARD_OPENCODE_SESSION: session ?? '',
    }),
    async [Symbol.asyncDispose]() {
      for (const connection of connections) connection.destroy()
      // Closing takes the socket's name away by itself, some time: whoever removes the folder meanwhile may fail.
      removeAll()
      process.off('exit', removeAll)
      server.close()
    },
  }
}

async function serve(connection: Socket, place: ShellPlace): Promise<void> {
  const gone = new AbortController()
  connection.once('close', () => gone.abort())
  const send = (frame: object): Promise<void> =>
    new Promise((resolve) => {
      if (connection.destroyed || connection.write(`${JSON.stringify(frame)}\n`)) resolve()
      else {
        connection.once('drain', resolve)
        connection.once('close', () => resolve())
      }
    })
  try {
    const request = await readRequest(connection)
    const box = await place.openBox({ sessionID: request.session, abort: gone.signal })
    const folder = folderInside(box, place.directory, request.cwd)
    const exit = await run(box, folder, request.command, (text) => send({ text }), gone.signal)
    await send({ exit })
  } catch (error) {
    await send({ text: `${error instanceof Error ? error.message : String(error)}\n`, exit: 127 })
  }
  connection.end()
}

/** Runs a command until its end, or until the caller is gone: it is ended then. */
async function run(
  { sandbox }: Box,
  folder: string,
  command: string,
  onText: (text: string) => Promise<void>,
  signal: AbortSignal,
): Promise<number> {
  const session = `shell-${randomUUID()}`
  const { process } = sandbox
  await process.createSession(session)
  try {
    const { cmdId } = await process.executeSessionCommand(session, { command, cwd: folder, runAsync: true })
    for await (const { text } of process.followSessionCommandLogs(session, cmdId, signal)) await onText(text)
    return (await process.getSessionCommand(session, cmdId)).exitCode ?? 1
  } finally {
    await process.deleteSession(session).catch(() => {})
  }
}

/** Subfolders of the project are the same inside; anything else is the project itself. */
function folderInside({ projectFolder }: Box, directory: string, cwd: string): string {
  const below = relative(directory, cwd)
  return below === '' || below.startsWith('..') || below.startsWith('/') ? projectFolder : join(projectFolder, below)
}

async function readRequest(connection: Socket): Promise<Request> {
  let text = ''
  connection.setEncoding('utf8')
  const line = await new Promise<string>((resolve, reject) => {
    connection.on('data', (chunk: string) => {
      text += chunk
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')))
      else if (text.length > longestRequest) reject(new Error('The command is too long'))
    })
    connection.once('close', () => reject(new Error('The caller is gone')))
  })
  const { session, command, cwd } = JSON.parse(line) as Partial<Request>
  if (typeof session !== 'string' || session === '' || typeof command !== 'string' || typeof cwd !== 'string')
    throw new Error('This is not a command of a session')
  return { session, command, cwd }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function shortOf(folder: string): string {
  return Buffer.byteLength(folder) < longestSocket - 30 ? folder : '/tmp'
}

/** What processes have left that did not end by themselves. */
async function removeOld(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, pid] = /^shell-(\d+)-/.exec(name) ?? []
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(folder, name), { recursive: true, force: true })
  }
}
