import { mkdirSync, writeFileSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import type { ProgramStart } from '@sandyard/protocol/attach'
import { PlatformError } from '@sandyard/protocol/errors'
import { findProgram, type Shell } from '../processes/programs.ts'
import type { TerminalContext } from '../terminals/shell.ts'
import type { Tools } from '../tools.ts'

/** What attached programs need of the agent. */
export interface LaunchContext extends TerminalContext {
  readonly tools: Pick<Tools, 'busybox' | 'ptyAddon' | 'sftpServer' | 'transferFolders'>
}

/** A program ready to be started. */
export interface Ready {
  readonly file: string
  readonly args: readonly string[]
  readonly argv0?: string
  readonly variables: Readonly<Record<string, string>>
}

/** Finds the program of a start order. Throws UNPROCESSABLE_ENTITY where there is none. */
export function findLaunch(context: LaunchContext, start: ProgramStart): Ready {
  const own = { ...context.environment.read(), ...start.env }
  const shell = context.chooseShell(own)
  const variables = {
    ...whoWeAre(),
    ...own,
    ...(shell === null ? {} : { SHELL: shell.path }),
    ...(start.terminal === undefined ? {} : { TERM: start.terminal.name }),
  }
  if (start.kind === 'sftp') {
    const { sftpServer } = context.tools
    if (sftpServer === null) throw new PlatformError('UNPROCESSABLE_ENTITY', 'There is no SFTP server here')
    makeUserList()
    return { file: sftpServer, args: [], variables }
  }
  const program = shellProgram(shell, context.tools.busybox)
  if (start.kind === 'shell') {
    return { ...program, args: [...program.args, ...(start.terminal ? ['-i', '-l'] : ['-l'])], variables }
  }
  const command = start.command ?? ''
  if (/^\s*scp\b/.test(command)) makeUserList()
  const PATH = withTransfers(command, variables, context.tools.transferFolders)
  return { ...program, args: [...program.args, '-c', command], variables: { ...variables, ...PATH } }
}

/** The shell of the image, or ours where it has none. */
function shellProgram(shell: Shell | null, busybox: string | null): Pick<Ready, 'file' | 'args' | 'argv0'> {
  if (shell !== null) return { file: shell.path, args: [] }
  if (busybox === null) throw new PlatformError('UNPROCESSABLE_ENTITY', 'This image has no shell')
  return { file: busybox, args: ['sh'] }
}

/** Programs that clients start to send and fetch files, which we have where the image has none. */
const transfers: ReadonlySet<string> = new Set([
  'git-upload-pack',
  'git-receive-pack',
  'git-upload-archive',
  'git',
  'scp',
  'rsync',
])

/** A PATH on which the first word of the command is found, when it is one of ours and is not found without. */
function withTransfers(
  command: string,
  variables: Readonly<Record<string, string>>,
  folders: readonly string[],
): { readonly PATH?: string } {
  const name = /^\s*([\w-]+)/.exec(command)?.[1] ?? ''
  if (!transfers.has(name) || findProgram(name, variables) !== null) return {}
  return { PATH: [variables.PATH ?? '', ...folders].filter((folder) => folder !== '').join(':') }
}

function whoWeAre(): Record<string, string> {
  try {
    const { username } = userInfo()
    return { USER: username, LOGNAME: username }
  } catch {
    return {} // an id without a name
  }
}

/**
 * Programs of OpenSSH refuse to work for a user without a name. An image may have no list of users at all: it gets one,
 * where we may write it.
 */
function makeUserList(): void {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
  const name = uid === 0 ? 'root' : 'user'
  try {
    mkdirSync('/etc', { recursive: true })
    writeFileSync('/etc/passwd', `${name}:x:${uid}:${gid}::${homedir()}:/bin/sh\n`, { flag: 'wx', mode: 0o644 })
  } catch {
    // There is one, or it is not ours to make: the program will say what it lacks.
  }
}
