import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'

/**
 * The path as the OS takes it: absolute, or below the work dir. Nothing is expanded or normalised,
 * so that `link/..` means what it means to every other program of the sandbox.
 */
export function resolvePath(workDir: string, path: string): string {
  if (path === '') throw new PlatformError('INVALID_FILE_PATH', 'The path is empty')
  if (path.includes('\0')) throw new PlatformError('INVALID_FILE_PATH', `The path contains NUL: ${quotePath(path)}`)
  if (Buffer.byteLength(path) > limits.pathBytes) {
    throw new PlatformError('INVALID_FILE_PATH', `The path is longer than ${limits.pathBytes} bytes`)
  }
  return path.startsWith('/') ? path : `${workDir}/${path}`
}

/** Appends a name to a path; bytes, as names need not be UTF-8. */
export function joinName(folder: Buffer, name: Buffer): Buffer {
  const slash = folder.at(-1) === 0x2f || folder.length === 0 ? '' : '/'
  return Buffer.concat([folder, Buffer.from(slash), name])
}

/** A path for a message: quoted, without control characters, and cut when it is long. */
export function quotePath(path: string): string {
  return JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path)
}
