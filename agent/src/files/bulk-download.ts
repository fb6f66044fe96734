import type { ServerResponse } from 'node:http'
import { isPlatformError, PlatformError, toErrorBody } from '@sandyard/protocol/errors'
import { newId } from '../new-id.ts'
import { filenameParams } from './disposition.ts'
import { toFileError } from './file-error.ts'
import { mediaType } from './media-type.ts'
import { quotePath, resolvePath } from './path.ts'
import { type Receiver, send } from './send.ts'
import { openSource, type Source } from './source.ts'

/** One bulk download: the files, named as the caller did, and who wants them. */
export interface BulkDownload {
  readonly workDir: string
  readonly paths: readonly string[]
  readonly response: ServerResponse
  readonly signal: AbortSignal
}

/**
 * Answers with one multipart part for each path, in their order: the file, or the error it met (toolbox.md 1.2.2).
 * A file that fails half way fails the whole answer, which then lacks its closing boundary.
 */
export async function downloadFiles({ workDir, paths, response, signal }: BulkDownload): Promise<void> {
  // Drawn anew each time, so that no file can be made to contain it.
  const boundary = `sandyard-${newId()}`
  response.writeHead(200, { 'content-type': `multipart/form-data; boundary=${boundary}` })
  const receiver = { response, signal }
  for (const path of paths) {
    await send(receiver, `--${boundary}\r\n`)
    const opened = await openOrFail(workDir, path)
    if (opened instanceof PlatformError) await send(receiver, errorPart(path, opened))
    else await sendFilePart(receiver, path, opened)
    await send(receiver, '\r\n')
  }
  response.end(`--${boundary}--\r\n`)
}

async function openOrFail(workDir: string, path: string): Promise<Source | PlatformError> {
  try {
    return await openSource(resolvePath(workDir, path))
  } catch (thrown) {
    const error = toFileError(thrown, path)
    if (isPlatformError(error)) return error
    return new PlatformError('FILE_READ_FAILED', `could not be opened: ${quotePath(path)}`, { cause: thrown })
  }
}

async function sendFilePart(receiver: Receiver, path: string, source: Source): Promise<void> {
  try {
    const length = source.size === null ? [] : [`Content-Length: ${source.size}`]
    await send(receiver, partHead([`Content-Type: ${mediaType(path)}`, disposition('file', path), ...length]))
    await source.send(receiver, 0, source.size)
  } finally {
    await source.close()
  }
}

function errorPart(path: string, error: PlatformError): Buffer {
  const body = Buffer.from(JSON.stringify(toErrorBody(error, { source: 'DAYTONA_DAEMON', method: 'POST', path })))
  const head = partHead([
    'Content-Type: application/json; charset=utf-8',
    disposition('error', path),
    `Content-Length: ${body.length}`,
  ])
  return Buffer.concat([head, body])
}

/** Clients match a part with what they asked for by this name, byte for byte. */
function disposition(name: 'file' | 'error', path: string): string {
  return `Content-Disposition: form-data; name="${name}"; ${filenameParams(path, 0xff)}`
}

function partHead(lines: readonly string[]): Buffer {
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}
