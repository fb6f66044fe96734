import { posix } from 'node:path'
import { limits } from '@sandyard/protocol/limits'
import type { Box } from '../box.ts'

/** Folders of the user's machine that OpenCode names to models; absolute. */
export interface HostFolders {
  /** where OpenCode was started: the project's folder in the sandbox stands for it */
  readonly directory: string
  /** the repository around it, or `/` */
  readonly worktree: string
}

/** A sandbox, and what models take its project's folder for. */
export interface Place {
  readonly box: Box
  readonly host: HostFolders | undefined
}

/**
 * Absolute path inside the sandbox; a relative one starts at the project's folder. The sandbox is the boundary, so
 * any place in it will do. Models write paths of the user's project, which OpenCode tells them: these are taken for
 * the same files in the sandbox, where they would otherwise be made beside the project. Throws an Error for what is no
 * path.
 */
export function pathIn({ box, host }: Place, path: string): string {
  if (path.includes('\0')) throw new Error('A path must not contain NUL')
  const full = posix.resolve(box.projectFolder, inProject(box.projectFolder, host, path))
  if (Buffer.byteLength(full) > limits.pathBytes)
    throw new Error(`The path is longer than ${limits.pathBytes} bytes: ${full.slice(0, 100)}…`)
  return full
}

function inProject(projectFolder: string, host: HostFolders | undefined, path: string): string {
  if (host === undefined || !path.startsWith('/')) return path
  const own = posix.normalize(path)
  // Where both machines have the project in the same place, the path is right already.
  if (isBelow(own, projectFolder)) return path
  const top = host.worktree === '/' ? host.directory : host.worktree
  return top !== '/' && isBelow(own, top) ? posix.relative(host.directory, own) || '.' : path
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder.replace(/\/+$/, '')}/`)
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
