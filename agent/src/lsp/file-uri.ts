import { lstat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { PlatformError } from '@sandyard/protocol/errors'
import { quotePath, resolvePath } from '../files/path.ts'

/** The URI of an absolute path, as servers want it. */
export function toUri(path: string): string {
  return pathToFileURL(path).href
}

/** A server's URI in the form of ours; null for what is no file of the sandbox. */
export function normalizeUri(uri: string): string | null {
  try {
    return toUri(fileURLToPath(uri))
  } catch {
    return null
  }
}

/**
 * The file that a caller means: a path, or `file://` before a path, which may be relative to the work dir and is
 * percent-encoded or not. A file that has just this name goes before one with the decoded name.
 */
export async function resolveUri(workDir: string, uri: string): Promise<string> {
  const text = uri.startsWith('file://') ? uri.slice('file://'.length) : uri
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    throw new PlatformError('BAD_REQUEST', `bad request: uri: only files can be asked for, not ${quotePath(uri)}`)
  }
  const plain = resolve(resolvePath(workDir, text))
  const decoded = decode(text)
  if (decoded === null || decoded === text || (await exists(plain))) return plain
  return resolve(resolvePath(workDir, decoded))
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null // a percent sign of the name itself
  }
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
