import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** Path of a program of this machine, or `null`. */
export function findProgram(name: string): string | null {
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null
}

/** Text of a file of `/proc`, `/sys` or `/etc`, or `null` when it is not there. */
export function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null // whatever the reason, the machine does not show it
  }
}

/** Output of a program, or `null` when it is not there, fails or takes more than five seconds. */
export function ask(program: string, ...args: string[]): Promise<string | null> {
  const path = findProgram(program)
  if (path === null) return Promise.resolve(null)
  return new Promise((resolve) => {
    execFile(path, args, { timeout: 5000, maxBuffer: 16 * 2 ** 20 }, (error, stdout) => {
      resolve(error === null ? stdout : null)
    })
  })
}
