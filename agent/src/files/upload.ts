import type { IncomingMessage, ServerResponse } from 'node:http'
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
  response: ServerResponse,
): Promise<RouteOutput<typeof fileRoutes.uploadFile>> {
  if (isMultipart(request)) await uploadFormFile(path, request, response)
  else tellTag(request, response, await uploadBody(path, request))
  const full = resolve(path)
  return { name: basename(full), path: full, type: 'file' }
}

/** Writes one file from the multipart field `file` of a request. */
export async function uploadFormFile(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let written: Written | null = null
  for await (const part of readParts(request)) {
    if (part.name !== 'file' || written !== null) continue
    written = await writeFile(path, part.body, request.headers['if-match'])
  }
  if (written !== null) tellTag(request, response, written)
  else throw new PlatformError('INVALID_REQUEST_BODY', 'The form has no field named file')
}

/** Only who asked about versions is told one: other answers stay as clients know them. */
function tellTag({ headers }: IncomingMessage, response: ServerResponse, { tag }: Written): void {
  if (headers['if-match'] !== undefined) response.setHeader('etag', tag)
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
