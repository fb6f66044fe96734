import type { IncomingMessage } from 'node:http'
import { basename, resolve } from 'node:path'
import type { fileRoutes, RouteOutput } from '@sandyard/protocol'
import { PlatformError } from '@sandyard/protocol/errors'
import { type Body, openBody } from './body.ts'
import { readParts } from './multipart.ts'
import { type Written, writeFile } from './write-file.ts'

/**
 * Writes one file from a request: its multipart field `file`, or the body itself when it is not multipart. With `If-Match`
 * only while the file is that version; then the answer tells the new one.
 */
export async function uploadFile(
  path: string,
  request: IncomingMessage,
): Promise<RouteOutput<typeof fileRoutes.uploadFile>> {
  const { tag } = await (isMultipart(request) ? uploadFormFile(path, request) : uploadBody(path, request))
  const full = resolve(path)
  const answer = { name: basename(full), path: full, type: 'file' }
  // Other answers stay as clients know them.
  return request.headers['if-match'] === undefined ? answer : { ...answer, etag: tag }
}

/** Writes one file from the multipart field `file` of a request. */
export async function uploadFormFile(path: string, request: IncomingMessage): Promise<Written> {
  let written: Written | null = null
  for await (const part of readParts(request)) {
    if (part.name !== 'file' || written !== null) continue
    written = await writeFile(path, part.body, request.headers['if-match'])
  }
  if (written !== null) return written
  throw new PlatformError('INVALID_REQUEST_BODY', 'The form has no field named file')
}

async function uploadBody(path: string, request: IncomingMessage): Promise<Written> {
  const body = openBody(request)
  try {
    return await writeFile(path, batchesOf(body), request.headers['if-match'])
  } finally {
    body.release()
  }
}

async function* batchesOf(body: Body): AsyncGenerator<Buffer[]> {
  for (let batch = await body.take(); batch !== null; batch = await body.take()) yield batch
}

function isMultipart(request: IncomingMessage): boolean {
  return /^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '')
}
