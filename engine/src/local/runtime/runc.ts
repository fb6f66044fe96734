import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { countOutOfMemory, listProcesses, removeCgroup } from '../cgroup/cgroup.ts'
import { thaw } from '../cgroup/freezer.ts'
import { identify, type ProcessIdentity } from '../host/processes.ts'
import { run } from '../host/run.ts'
import { type Layout, sandboxPaths } from '../layout.ts'

/** The cgroup of a sandbox, as the OCI runtime takes it. */
export function sandboxCgroup(layout: Layout, sandboxId: string): string {
  return `${layout.cgroup}/${sandboxId}`
}

/**
 * Starts the container that lies in the sandbox's bundle folder and returns its first process.
 * The agent gets a listening unix socket as descriptor 3, so that nothing inside can open or imitate it.
 * @param output file on the sandbox's own disk that takes what init and agent print
 */
export async function runContainer(layout: Layout, sandboxId: string, output: string): Promise<ProcessIdentity> {
  const paths = sandboxPaths(layout, sandboxId)
  const log = join(paths.bundle, 'runc.log')
  const socket = await listen(paths.agentSocket)
  try {
    mkdirSync(layout.runc, { recursive: true, mode: 0o700 })
    const result = await run(
      'runc',
      [
        '--root',
        layout.runc,
        '--log',
        log,
        'run',
        '--detach',
        '--preserve-fds',
        '1',
        '--pid-file',
        paths.pidFile,
        '--bundle',
        paths.bundle,
        sandboxId,
      ],
      { outputFile: output, socket },
    )
    if (result.exitCode !== 0) throw new Error(`runc: ${result.timedOut ? 'timed out' : lastLine(log)}`)
    const init = identify(Number(readFileSync(paths.pidFile, 'utf8')))
    if (init === null) throw new Error('The first process of the sandbox ended at once')
    return init
  } finally {
    await new Promise<void>((resolve) => socket.close(() => resolve()))
  }
}

/** What ended a container, as far as its cgroup tells. Ask before `removeContainer`. */
export function wasOutOfMemory(layout: Layout, sandboxId: string): boolean {
  return countOutOfMemory(sandboxCgroup(layout, sandboxId)) > 0
}

/** About four seconds. */
const removeAttempts = 200

/**
 * Ends whatever is left of a container and removes its cgroup and the OCI runtime's notes. Does nothing when there is
 * nothing. The runtime's own `delete` does the same, but takes 10 ms for being started, and 110 ms when it must kill.
 */
export async function removeContainer(layout: Layout, sandboxId: string): Promise<void> {
  const cgroup = sandboxCgroup(layout, sandboxId)
  for (let attempt = 0; ; attempt++) {
    for (const pid of listProcesses(cgroup)) killIfThere(pid)
    // A frozen process does not die.
    thaw(cgroup)
    if (removeCgroup(cgroup)) break
    if (attempt === removeAttempts) throw new Error(`Processes of sandbox ${sandboxId} do not end`)
    await sleep(attempt < 20 ? 2 : 20)
  }
  rmSync(join(layout.runc, sandboxId), { recursive: true, force: true })
  rmSync(sandboxPaths(layout, sandboxId).bundle, { recursive: true, force: true })
}

async function listen(path: string): Promise<Server> {
  const server = createServer()
  const temporary = `${path}.new`
  rmSync(temporary, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path: temporary, backlog: 511 }, resolve)
  })
  // Closing the server unlinks the name it was bound to; under its new name the socket stays.
  await rename(temporary, path)
  return server
}

function lastLine(log: string): string {
  try {
    return readFileSync(log, 'utf8').trim().split('\n').at(-1)?.slice(-1000) ?? ''
  } catch {
    return 'no log' // The runtime failed before it opened its log.
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
