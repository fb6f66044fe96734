import { statSync } from 'node:fs'

/** True for a folder, or a link to one; false for what is absent or out of reach. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
