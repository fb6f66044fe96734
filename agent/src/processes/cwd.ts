import { accessSync, constants, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { PlatformError } from '@sandyard/protocol/errors'
import { quotePath } from '../files/path.ts'
import { rejectNul } from './reject-nul.ts'

/** The folder that a caller wants a program to start in: absolute, or below the work dir. Throws as `checkCwd` does. */
export function resolveCwd(workDir: string, cwd: string): string {
  rejectNul(cwd, 'cwd')
  const folder = resolve(workDir, cwd)
  checkCwd(folder)
  return folder
}

/** Throws BAD_REQUEST when no program can start in this folder. */
export function checkCwd(folder: string): void {
  const wrong = whatIsWrong(folder)
  if (wrong !== null) throw new PlatformError('BAD_REQUEST', `bad request: cwd: ${quotePath(folder)} ${wrong}`)
}

function whatIsWrong(folder: string): string | null {
  try {
    if (!statSync(folder).isDirectory()) return 'is no folder'
    accessSync(folder, constants.X_OK)
    return null
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EACCES' ? 'may not be entered' : 'does not exist'
  }
}
