import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { basename } from 'node:path'
import { getSystemErrorMessage } from 'node:util'
import { PlatformError } from '@sandyard/protocol/errors'
import { isFolder } from '../is-folder.ts'
import { newId } from '../new-id.ts'
import { coverHidden } from './hidden-descriptors.ts'
import { type Tree, treeVariable } from './tree.ts'

/** A program to start; arguments never pass a shell. */
export interface Launch {
  readonly file: string
  readonly args: readonly string[]
  /** name that the program is told it has; its file's if not told */
  readonly argv0?: string
  readonly cwd: string
  readonly variables: Readonly<Record<string, string>>
  readonly stdio: Exclude<StdioOptions, string>
  /** true when the program itself begins a session, as what takes a terminal must */
  readonly beginsSession?: boolean
}

/** A running program and the tree that it is the root of. */
export interface Started {
  readonly child: ChildProcess
  readonly tree: Tree
  /** exit code as a shell tells it: 128 + n for signal n */
  readonly exited: Promise<number>
  /** the same as the kernel tells it: one of them is null */
  readonly ended: Promise<Ending>
}

/** How a process ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** The program did not start for a reason that is the caller's: bad folder, not executable, too many arguments. */
export class StartError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Chosen by the kernel before the agent when memory runs out. */
const oomScore = '500'

/** Codes that say the sandbox has no room for another process. */
const scarce = new Set(['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE'])

/**
 * Starts a program in a session of its own.
 * Throws `StartError`, or `PlatformError` SERVICE_UNAVAILABLE when the sandbox has no room for another process.
 */
export async function startProcess(launch: Launch): Promise<Started> {
  const mark = newId()
  let child: ChildProcess
  try {
    child = spawn(launch.file, launch.args, {
      argv0: launch.argv0 ?? basename(launch.file),
      cwd: launch.cwd,
      env: { ...launch.variables, [treeVariable]: mark },
      stdio: coverHidden(launch.stdio),
      detached: launch.beginsSession !== true,
    })
  } catch (thrown) {
    throw explain(thrown, launch)
  }
  const failed = new Promise<unknown>((resolve) => child.once('error', resolve))
  if (child.pid === undefined) throw explain(await failed, launch)
  preferForKill(child.pid)
  const tree = { leader: child.pid as number | null, mark }
  const ended = new Promise<Ending>((resolve) => {
    child.once('exit', (code, signal) => {
      tree.leader = null // the number can belong to another process from now on
      resolve({ code, signal })
    })
  })
  const exited = ended.then(({ code, signal }) => code ?? 128 + constants.signals[signal ?? 'SIGKILL'])
  return { child, tree, exited, ended }
}

/** At once: a write of some bytes to /proc takes less than handing it to another thread. */
function preferForKill(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, oomScore)
  } catch {
    // Refused in some sandboxes, or ended already; a preference only.
  }
}

function explain(thrown: unknown, launch: Launch): Error {
  const { code = 'UNKNOWN', errno } = thrown as NodeJS.ErrnoException
  if (scarce.has(code)) {
    return new PlatformError(
      'SERVICE_UNAVAILABLE',
      `The sandbox has no room for another process (${code}): its limit of processes, memory or files is reached`,
    )
  }
  const reason = errno === undefined ? String(thrown) : getSystemErrorMessage(errno)
  return new StartError(code, isFolder(launch.cwd) ? `${launch.file}: ${reason}` : `chdir ${launch.cwd}: ${reason}`)
}
