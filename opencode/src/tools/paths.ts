import { posix } from 'node:path'
import { limits } from '@sandyard/protocol/limits'
import type { Box } from '../box.ts'

/**
 * Absolute path inside the sandbox; a relative one starts at the project's folder. The sandbox is the boundary, so
 * any place in it will do. Throws an Error for what is no path.
 */
export function pathIn(box: Box, path: string): string {
  if (path.includes('\0')) throw new Error('A path must not contain NUL')
  const full = posix.resolve(box.projectFolder, path)
  if (Buffer.byteLength(full) > limits.pathBytes)
    throw new Error(`The path is longer than ${limits.pathBytes} bytes: ${full.slice(0, 100)}…`)
  return full
}

/** A path as titles show it: from the project's folder on. */
export function titleOf(box: Box, path: string): string {
  return posix.relative(box.projectFolder, path)
}

/** A path for a line of an answer: one with line breaks or control characters is written as a quoted text. */
export function shownPath(path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return /[\u0000-\u001f\u007f]/.test(path) ? JSON.stringify(path) : path
}
