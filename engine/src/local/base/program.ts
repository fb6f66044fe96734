import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** How a program is run. */
export interface ProgramOptions {
  readonly cwd?: string
  /** called with each line of stdout and stderr as it comes */
  readonly onLine?: (line: string) => void
  /** kills the program */
  readonly signal?: AbortSignal | undefined
}

const keptLines = 2000

const programFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** Absolute path of a program of this machine; throws what to install when it is not there. */
export function findProgram(name: string, packageName: string, folders: readonly string[] = programFolders): string {
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
  if (found === undefined) throw new Error(`${name} is not installed: apt-get install ${packageName}`)
  return found
}

/**
 * Runs a program to its end and gives its output lines (the last 2000). It dies with us, and a Ctrl-C on the
 * terminal reaches only us. Rejects with its last lines when it fails.
 */
export async function runProgram(
  file: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<readonly string[]> {
  options.signal?.throwIfAborted()
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', file, ...args], {
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' },
  })
  const lines: string[] = []
  const take = (line: string): void => {
    lines.push(line)
    if (lines.length > keptLines) lines.shift()
    options.onLine?.(line)
  }
  const kill = (): void => {
    child.kill('SIGKILL')
  }
  options.signal?.addEventListener('abort', kill, { once: true })
  try {
    createInterface({ input: child.stdout }).on('line', take)
    createInterface({ input: child.stderr }).on('line', take)
    const exit = await new Promise<string>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => resolve(signal ?? String(code)))
    })
    options.signal?.throwIfAborted()
    if (exit !== '0') throw new Error(`${file} ended with ${exit}:\n${lines.slice(-15).join('\n')}`)
    return lines
  } finally {
    options.signal?.removeEventListener('abort', kill)
  }
}
