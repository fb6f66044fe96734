import type { IncomingHttpHeaders } from 'node:http'
import { basename, resolve } from 'node:path'
import { type FileInfo, readFileInfo } from './file-info.ts'

/** Info of one file or folder; `path` only for callers that take it. */
export async function getFileInfo(path: string, headers: IncomingHttpHeaders): Promise<FileInfo> {
  const full = resolve(path)
  const name = basename(full) || '/'
  return readFileInfo(path, name, refusesNewFields(headers) ? undefined : full)
}

/** Go clients before 0.188 fail on a field that they do not know (toolbox.md 0.2). */
function refusesNewFields(headers: IncomingHttpHeaders): boolean {
  if (headers['x-daytona-source'] !== 'sdk-go') return false
  const version = /^v?(\d{1,6})\.(\d{1,6})\./.exec(String(headers['x-daytona-sdk-version']))
  if (version === null) return false
  const [major, minor] = [Number(version[1]), Number(version[2])]
  // 0.0.0 is a client under development and as tolerant as the newest.
  return major === 0 && minor > 0 && minor < 188
}
