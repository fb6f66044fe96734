import { accessSync, constants, statSync } from 'node:fs'
import { basename, delimiter, isAbsolute, join } from 'node:path'

type Variables = Readonly<Record<string, string>>

/** Absolute path of a program on the PATH of these variables, or null. */
export function findProgram(name: string, variables: Variables): string | null {
  for (const folder of (variables.PATH ?? '').split(delimiter)) {
    if (!isAbsolute(folder)) continue
    const path = join(folder, name)
    if (isProgram(path)) return path
  }
  return null
}

/** Absolute path of the Python on the PATH of these variables, or null. */
export function findPython(variables: Variables): string | null {
  return findProgram('python3', variables) ?? findProgram('python', variables)
}

/** What callers are told where there is no Python. */
export const noPython = 'python3: not found on the PATH of this sandbox'

/** True for a regular file that may be executed. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false // absent or not ours to run: both mean it is no program for us
  }
}

/** A shell of the image; the dialect decides how scripts are handed over. */
export interface Shell {
  readonly path: string
  readonly dialect: 'bash' | 'zsh' | 'posix'
}

const preferred = ['/usr/bin/zsh', '/bin/zsh', '/usr/bin/bash', '/bin/bash']

/**
 * Makes the choice of toolbox.md 0.5: the first of zsh and bash that `/etc/shells` lists, else $SHELL, else sh.
 * Null where the image has none. `/etc/shells` is read again only when it changes, as installing a shell does.
 */
export function createShellChoice(readShells: () => ShellList): (variables: Variables) => Shell | null {
  let listed: { readonly version: number; readonly path: string | null } | null = null
  return (variables) => {
    const list = readShells()
    if (listed === null || listed.version !== list.version) {
      const lines = list.read().split('\n')
      listed = {
        version: list.version,
        path: preferred.find((path) => lines.includes(path) && isProgram(path)) ?? null,
      }
    }
    if (listed.path !== null) return describe(listed.path)
    const own = variables.SHELL ?? ''
    if (isAbsolute(own) && !/^(nologin|false|true)$/.test(basename(own)) && isProgram(own)) return describe(own)
    const path = findProgram('sh', variables) ?? (isProgram('/bin/sh') ? '/bin/sh' : null)
    return path === null ? null : describe(path)
  }
}

/** `/etc/shells` with a version that changes when it does. */
export interface ShellList {
  readonly version: number
  read(): string
}

function describe(path: string): Shell {
  const name = basename(path)
  return { path, dialect: name === 'bash' || name === 'zsh' ? name : 'posix' }
}
