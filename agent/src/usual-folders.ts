import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { isFolder } from './is-folder.ts'

/**
 * Makes the folders that programs count on and that minimal images lack, as far as the user may: the work dir, the
 * home, and one for temporary files. Gives the folder to work in, which is `/` where the wanted one cannot be.
 */
export function makeUsualFolders(workDir: string): string {
  makeFolder('/tmp', 0o1777)
  makeFolder(homedir(), 0o755)
  makeFolder(workDir, 0o755)
  return isFolder(workDir) ? workDir : '/'
}

function makeFolder(path: string, mode: number): void {
  if (isFolder(path)) return
  const before = process.umask(0)
  try {
    mkdirSync(path, { recursive: true, mode })
  } catch {
    // Not ours to make: what needs it will say so.
  } finally {
    process.umask(before)
  }
}
