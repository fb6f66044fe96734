import { readFileSync, statSync } from 'node:fs'
import type { ShellList } from './programs.ts'

const path = '/etc/shells'

/** Reads the image's list of shells; an absent file is an empty list. */
export function readShellList(): ShellList {
  try {
    return { version: statSync(path).mtimeMs, read: () => readFileSync(path, 'utf8') }
  } catch {
    return { version: -1, read: () => '' } // minimal images have no such file
  }
}
