import type { ErrorCode } from '@sandyard/protocol'
import { isPlatformError, PlatformError } from '@sandyard/protocol/errors'
import { quotePath } from './path.ts'

const failures: Readonly<Record<string, readonly [code: ErrorCode, text: string]>> = {
  ENOENT: ['FILE_NOT_FOUND', 'no such file or folder'],
  EACCES: ['FILE_ACCESS_DENIED', 'permission denied'],
  EPERM: ['FILE_ACCESS_DENIED', 'operation not permitted'],
  EROFS: ['FILE_ACCESS_DENIED', 'the file system is read-only'],
  ENOTDIR: ['INVALID_FILE_PATH', 'not a folder'],
  EISDIR: ['INVALID_FILE_PATH', 'is a folder'],
  EINVAL: ['INVALID_FILE_PATH', 'the path is not valid for this'],
  ELOOP: ['INVALID_FILE_PATH', 'too many symbolic links'],
  ENAMETOOLONG: ['INVALID_FILE_PATH', 'the name is too long'],
  ENXIO: ['INVALID_FILE_PATH', 'not a regular file'],
  ENODEV: ['INVALID_FILE_PATH', 'not a regular file'],
  EEXIST: ['CONFLICT', 'exists already'],
  ENOTEMPTY: ['CONFLICT', 'the folder is not empty'],
  EBUSY: ['CONFLICT', 'is in use'],
  ETXTBSY: ['CONFLICT', 'is a program that is running'],
  ENOSPC: ['INSUFFICIENT_STORAGE', 'the disk is full'],
  EDQUOT: ['INSUFFICIENT_STORAGE', 'the disk is full'],
  EFBIG: ['INSUFFICIENT_STORAGE', 'the file grows too large'],
  EIO: ['FILE_READ_FAILED', 'input/output error'],
  EMFILE: ['SERVICE_UNAVAILABLE', 'too many open files'],
  ENFILE: ['SERVICE_UNAVAILABLE', 'too many open files'],
}

/**
 * Turns a failure of the OS into the error a caller meets; anything else comes back as it is.
 * A file system of the sandbox can answer any errno, so an unknown one is a bad request and no fault of ours.
 * @param path what to name in the message; the failing call's own path when absent
 */
export function toFileError(thrown: unknown, path?: string): unknown {
  if (isPlatformError(thrown) || !isSystemError(thrown)) return thrown
  const name = nameOf(thrown)
  const [code, text] = failures[name] ?? ['BAD_REQUEST', `failed with ${name}`]
  const subject = path ?? (typeof thrown.path === 'string' ? thrown.path : undefined)
  return new PlatformError(code, subject === undefined ? text : `${text}: ${quotePath(subject)}`, { cause: thrown })
}

/** The errno name of a failed OS call, such as `ENOENT`; undefined for every other value. */
export function errnoOf(thrown: unknown): string | undefined {
  return isSystemError(thrown) ? nameOf(thrown) : undefined
}

/** Node knows no name for what a disk with a limit says when it is full. */
function nameOf({ code, errno }: SystemError): string {
  return errno === -122 ? 'EDQUOT' : code
}

interface SystemError extends Error {
  readonly code: string
  readonly errno?: number
  readonly path?: unknown
}

function isSystemError(value: unknown): value is SystemError {
  return value instanceof Error && 'syscall' in value && 'code' in value && typeof value.code === 'string'
}
